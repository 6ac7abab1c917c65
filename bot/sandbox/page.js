/* The chat page: one person's window on the sandbox, kept fresh by a long poll. */

import { draw, drawCommand, drawReplyRow, make } from "/bubbles.js";

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const user = Number(query.get("user")) || 1;
const home = `/sandbox/users/${user}`;
const shown = new Map(); // message id → what the server said about it
let payload = query.get("start");
let born = "";
let seq = 0;
let first = true;
let profile = { commands: [], bot: { first_name: "Bot", description: "" } };
let unread = 0;
let stuck = true; // whether the newest message stays in view
let typingTimer = 0;
let toastTimer = 0;

async function call(path, body) {
  const form = body instanceof FormData;
  const response = await fetch(path, body === undefined ? {} : {
    method: "POST",
    body: form ? body : JSON.stringify(body),
    headers: form ? {} : { "Content-Type": "application/json" },
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || `error ${response.status}`);
  return answer;
}

async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    toast(error.message);
    return null;
  }
}

/* What the person does */

const act = {
  find: (id) => shown.get(id),
  say: (text) => attempt(() => call(`${home}/messages`, { text })),
  async press(id, button, key) {
    key.classList.add("busy");
    key.setAttribute("aria-busy", "true");
    setTimeout(() => rest(key), 6000);
    const answer = await attempt(() => call(`${home}/press`, { message_id: id, button: button.text }));
    if (answer && answer.callback_query_id) return;
    rest(key);
    if (answer && answer.url) toast(`A link, not followed here: ${answer.url}`);
    if (answer && answer.copied) {
      await navigator.clipboard?.writeText(answer.copied).catch(() => {});
      toast("Copied");
    }
  },
};

function rest(key) {
  key.classList.remove("busy");
  key.removeAttribute("aria-busy");
}

async function send() {
  const text = $("words").value.trim();
  if (!text) return;
  $("words").value = "";
  grow();
  showCommands(null);
  jump();
  const sent = await act.say(text);
  if (!sent && !$("words").value) $("words").value = text;
  $("words").focus();
}

async function sendFile(file) {
  const form = new FormData();
  form.append("file", file);
  form.append("as", /^image\/(png|jpeg|gif)$/.test(file.type) ? "photo" : "document");
  form.append("text", $("words").value.trim());
  if (await attempt(() => call(`${home}/messages`, form))) $("words").value = "";
}

/* Scrolling */

function scrolled() {
  const feed = $("feed");
  stuck = feed.scrollHeight - feed.scrollTop - feed.clientHeight < 80;
  if (stuck) unread = 0;
  mark();
}

function jump() {
  stuck = true;
  unread = 0;
  $("feed").scrollTop = $("feed").scrollHeight;
  mark();
}

function mark() {
  $("down").hidden = stuck || !$("commands").hidden;
  $("unread").hidden = unread === 0;
  $("unread").textContent = String(unread);
  document.title = unread ? `(${unread}) ${profile.bot.first_name}` : `${profile.bot.first_name} – sandbox`;
}

/* Showing what changed */

function place(message) {
  const old = $("messages").querySelector(`li[data-id="${message.id}"]`);
  if (message.deleted) {
    shown.delete(message.id);
    if (old) vanish(old);
    return false;
  }
  shown.set(message.id, message);
  const item = draw(message, act);
  if (old) {
    const focused = [...old.querySelectorAll(".key")].indexOf(document.activeElement);
    old.replaceWith(item);
    if (focused >= 0) item.querySelectorAll(".key")[focused]?.focus({ preventScroll: true });
    return false;
  }
  if (!first) item.classList.add("fresh");
  $("messages").append(item);
  return message.from === "bot";
}

function vanish(item) {
  item.classList.add("gone");
  setTimeout(() => {
    item.remove();
    separate();
    showFoot();
  }, 160);
}

function separate() {
  document.querySelectorAll("#messages .day").forEach((chip) => chip.remove());
  let current = "";
  for (const item of $("messages").querySelectorAll("li[data-day]")) {
    if (item.dataset.day !== current) {
      current = item.dataset.day;
      item.before(make("li", "day", current));
    }
  }
}

function apply(view) {
  if (born && view.born !== born) location.reload(); // the sandbox was started anew
  born = view.born;
  document.querySelectorAll(".key.busy").forEach(rest);
  for (const message of view.messages.sort((a, b) => a.id - b.id)) {
    if (place(message)) unread += 1;
  }
  if (view.messages.length) separate();
  if (!first) view.toasts.forEach(showToast);
  seq = view.seq;
  showTyping(view.typing);
  showReplyKeys(view.keyboard);
  showFoot(view.blocked);
  if (stuck || view.messages.some((message) => message.from === "user" && !message.edited)) jump();
  else mark();
  first = false;
}

function showFoot(blocked = !$("unblock").hidden) {
  const empty = shown.size === 0;
  const starting = !blocked && (empty || payload !== null);
  $("empty").hidden = !empty;
  $("start").hidden = !starting;
  $("unblock").hidden = !blocked;
  $("composer").hidden = blocked || starting;
  $("block").hidden = blocked;
}

function showTyping(typing) {
  clearTimeout(typingTimer);
  $("status").textContent = typing ? "typing" : "bot";
  $("status").classList.toggle("typing", typing);
  if (typing) typingTimer = setTimeout(() => showTyping(false), 5000);
}

function showReplyKeys(rows) {
  $("reply-keys").hidden = rows.length === 0;
  $("reply-keys").replaceChildren(...rows.map((row) => drawReplyRow(row, act)));
}

function showToast(answer) {
  if (answer.url) toast(`A link, not followed here: ${answer.url}`);
  else if (answer.alert) {
    $("alert-text").textContent = answer.text;
    if (!$("alert").open) $("alert").showModal();
  } else toast(answer.text);
}

function toast(text) {
  clearTimeout(toastTimer);
  $("toast").textContent = text;
  $("toast").hidden = false;
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, 3500);
}

/* The bot, its commands and the people */

function showCommands(prefix) {
  const wanted = prefix === null ? [] : profile.commands.filter((item) => `/${item.command}`.startsWith(prefix));
  $("menu").setAttribute("aria-expanded", String(wanted.length > 0));
  $("commands").hidden = wanted.length === 0;
  $("commands").replaceChildren(...wanted.map((item) => drawCommand(item, () => {
    $("words").value = "";
    showCommands(null);
    act.say(`/${item.command}`);
    $("words").focus();
  })));
  mark();
}

async function refreshProfile() {
  profile = await call(home);
  const letter = [...profile.bot.first_name][0] || "?";
  for (const id of ["avatar", "empty-avatar"]) $(id).textContent = letter;
  for (const id of ["bot-name", "empty-name"]) $(id).textContent = profile.bot.first_name;
  $("empty-text").textContent = profile.bot.description || "Nothing here reaches the real Telegram.\nThe button below begins the chat.";
  mark();
}

async function listPeople() {
  const known = (await call("/sandbox/users")).users;
  const names = new Map([[1, "User 1"], [2, "User 2"], [user, `User ${user}`]]);
  for (const person of known) names.set(person.id, person.first_name);
  const ids = [...names.keys()].sort((a, b) => a - b);
  const choices = ids.map((id) => new Option(names.get(id), String(id), false, id === user));
  choices.push(new Option("New user…", String(Math.max(...ids) + 1)));
  $("people").replaceChildren(...choices);
}

function grow() {
  const words = $("words");
  words.style.height = "auto";
  words.style.height = `${Math.min(words.scrollHeight, 140)}px`;
}

function listen() {
  $("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  $("words").addEventListener("keydown", (event) => {
    if (event.key === "Escape") showCommands(null);
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  $("words").addEventListener("input", async () => {
    grow();
    const text = $("words").value;
    if (text === "/") await attempt(refreshProfile);
    showCommands(/^\/\w*$/.test(text) ? text : null);
  });
  $("menu").addEventListener("click", async () => {
    const open = !$("commands").hidden;
    if (!open) await attempt(refreshProfile);
    showCommands(open ? null : "/");
    if (!open && profile.commands.length === 0) toast("This bot has not set any commands");
  });
  $("start").addEventListener("click", () => {
    const body = payload ? { payload } : {};
    payload = null;
    history.replaceState(null, "", `?user=${user}`);
    attempt(() => call(`${home}/start`, body)).then(() => $("words").focus());
  });
  $("block").addEventListener("click", () => attempt(() => call(`${home}/block`, {})));
  $("unblock").addEventListener("click", () => attempt(() => call(`${home}/unblock`, {})));
  $("file").addEventListener("change", (event) => {
    [...event.target.files].forEach(sendFile);
    event.target.value = "";
  });
  $("people").addEventListener("change", (event) => { location.search = `?user=${event.target.value}`; });
  $("down").addEventListener("click", jump);
  $("feed").addEventListener("scroll", scrolled);
  new ResizeObserver(() => { if (stuck) jump(); }).observe($("feed"));
}

async function follow() {
  for (;;) {
    try {
      apply(await call(`${home}/messages?all=1&after=${seq}&wait=${first ? 0 : 25}`));
      document.body.classList.remove("offline");
    } catch {
      document.body.classList.add("offline");
      $("status").textContent = "connecting…";
      await new Promise((resume) => { setTimeout(resume, 1000); });
    }
  }
}

listen();
attempt(refreshProfile);
attempt(listPeople);
follow();
