// Takes a photo with the machine's camera and puts it where a chosen file would be.
"use strict";

const form = document.getElementById("camera");
const part = (name) => document.getElementById(name);
const [view, shot, begin, press, again, send] = ["view", "shot", "begin", "press", "again", "send"].map(part);
const chosen = part("photo-taken");
const asked = { video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 } }, audio: false };
let stream = null;

function say(name) {
  for (const one of form.querySelectorAll("[data-trouble]")) one.hidden = one.dataset.trouble !== name;
}

function show(...shown) {
  for (const one of [view, shot, begin, press, again, send]) one.hidden = !shown.includes(one);
  form.querySelector(".camera").hidden = view.hidden && shot.hidden;
}

function close() {
  for (const track of stream ? stream.getTracks() : []) track.stop();
  stream = null;
  view.srcObject = null;
}

async function open() {
  say("");
  try {
    stream = await navigator.mediaDevices.getUserMedia(asked);
    view.srcObject = stream;
    await view.play();
    show(view, press);
    press.focus();
  } catch (trouble) {
    close();
    show(begin);
    say({ NotAllowedError: "refused", NotFoundError: "none" }[trouble.name] || "busy");
  }
}

// The middle of what the camera sees, upright, three by four as the card prints it.
function draw() {
  const width = Math.min(view.videoWidth, (view.videoHeight * 3) / 4);
  const height = (width * 4) / 3;
  const left = (view.videoWidth - width) / 2;
  const top = (view.videoHeight - height) / 2;
  shot.getContext("2d").drawImage(view, left, top, width, height, 0, 0, shot.width, shot.height);
}

function take() {
  draw();
  close();
  shot.toBlob((blob) => {
    const files = new DataTransfer();
    files.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
    chosen.files = files.files;
    show(shot, again, send);
    send.focus();
  }, "image/jpeg", 0.92);
}

if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
  part("plain").hidden = true;
  show(begin);
  begin.addEventListener("click", open);
  again.addEventListener("click", open);
  press.addEventListener("click", take);
  window.addEventListener("pagehide", close);
}
