// Lets people see the password they choose while they type it; it leaves hidden again.
"use strict";

for (const button of document.querySelectorAll("[data-reveal]")) {
  const form = button.form;
  const fields = () => form.querySelectorAll('input[autocomplete="new-password"]');
  const show = (shown) => {
    for (const one of fields()) one.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.hidden = false;
  button.addEventListener("click", () => show(button.getAttribute("aria-pressed") !== "true"));
  form.addEventListener("submit", () => show(false));
}
