// Says that a form was changed and not sent, and asks before such a form is left.
"use strict";

const changed = (one) => {
  if (one.type === "hidden" || one.disabled) return false;
  if (one.type === "checkbox" || one.type === "radio") return one.checked !== one.defaultChecked;
  if (one.type === "file") return one.files.length > 0;
  if (one.options) {
    // Without a chosen one in the page, a list begins with its first.
    const begun = [...one.options].findIndex((each) => each.defaultSelected);
    return one.selectedIndex !== Math.max(begun, 0);
  }
  return one.defaultValue !== undefined && one.value !== one.defaultValue;
};

const watched = [...document.querySelectorAll("form[data-unsaved]")].map((form) => {
  const said = document.createElement("p");
  said.className = "unsaved";
  said.setAttribute("aria-live", "polite");
  form.querySelector("button:last-of-type").before(said);
  // What came back to be put right was never kept.
  const refused = form.querySelector('[aria-invalid="true"]') !== null;
  return { form, said, refused, sent: false };
});

const unsaved = (one) => one.refused || [...one.form.elements].some(changed);

function say() {
  for (const one of watched) {
    const words = unsaved(one) ? one.form.dataset.unsaved : "";
    if (one.said.textContent !== words) one.said.textContent = words;
  }
}

for (const one of watched) {
  for (const happening of ["input", "change"]) one.form.addEventListener(happening, say);
  // Fields are put back after this event, not before it.
  one.form.addEventListener("reset", () => setTimeout(say));
  one.form.addEventListener("submit", (event) => {
    one.sent = !event.defaultPrevented;
  });
}
window.addEventListener("beforeunload", (event) => {
  if (watched.some((one) => !one.sent && unsaved(one))) event.preventDefault();
});
// Come back to, the page has what was typed; what was sent from it then is sent no more.
window.addEventListener("pageshow", () => {
  for (const one of watched) one.sent = false;
  say();
});
