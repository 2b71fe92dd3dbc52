// Asks the device for a passkey, or to make one, and sends its answer with the page's own form.
"use strict";

const form = document.getElementById("passkey");
const button = form.querySelector("button");
const options = JSON.parse(form.dataset.options);
const making = form.dataset.ask === "create";

function bytesOf(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function textOf(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte));
  return btoa(letters.join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const named = (list) => (list || []).map((one) => ({ ...one, id: bytesOf(one.id) }));

function asked() {
  const question = { ...options, challenge: bytesOf(options.challenge) };
  if (!making) return { ...question, allowCredentials: named(options.allowCredentials) };
  const user = { ...options.user, id: bytesOf(options.user.id) };
  return { ...question, user, excludeCredentials: named(options.excludeCredentials) };
}

function answerOf(credential) {
  const said = credential.response;
  const fields = making
    ? ["clientDataJSON", "attestationObject"]
    : ["clientDataJSON", "authenticatorData", "signature", "userHandle"];
  const response = {};
  for (const name of fields) if (said[name]) response[name] = textOf(said[name]);
  const id = textOf(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, response });
}

function say(name) {
  for (const one of document.querySelectorAll("[data-trouble]")) one.hidden = one.dataset.trouble !== name;
}

async function ask() {
  say("");
  button.disabled = true;
  try {
    const publicKey = asked();
    const credential = making
      ? await navigator.credentials.create({ publicKey })
      : await navigator.credentials.get({ publicKey });
    form.elements.answer.value = answerOf(credential);
    form.submit();
  } catch (trouble) {
    button.disabled = false;
    say(trouble.name === "InvalidStateError" ? "known" : "given-up");
    button.focus();
  }
}

if (window.PublicKeyCredential === undefined) {
  say("unable");
} else {
  button.disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
}
