/* Drawing: one message becomes one list item. Everything from outside goes in as text nodes. */

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};
const BLOCKS = new Set(["PRE", "BLOCKQUOTE"]);
const LINKS = new Set(["url", "text_link", "email", "mention", "text_mention", "hashtag", "cashtag"]);

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/* Entities count UTF-16 units, exactly as JavaScript strings do. Outer ones come first. */
function paint(parent, text, from, to, entities, act) {
  let at = from;
  for (let index = 0; index < entities.length; index += 1) {
    const entity = entities[index];
    const begin = Math.max(entity.offset, at);
    const end = Math.min(entity.offset + entity.length, to);
    if (entity.offset < at || begin >= end) continue;
    if (begin > at) parent.append(text.slice(at, begin));
    const inside = entities.slice(index + 1).filter((other) => other.offset < end);
    const element = wrap(entity, text.slice(begin, end), act);
    paint(element, text, begin, end, inside, act);
    parent.append(element);
    // A block starts a new line by itself, so the line break after it would show as an empty line.
    at = BLOCKS.has(element.tagName) && text[end] === "\n" ? end + 1 : end;
  }
  if (at < to) parent.append(text.slice(at, to));
}

function wrap(entity, words, act) {
  if (TAGS[entity.type]) {
    const element = make(TAGS[entity.type], entity.type.startsWith("exp") ? "long" : "");
    if (entity.language) element.dataset.language = entity.language;
    return element;
  }
  if (entity.type === "bot_command") {
    const element = make("button", "link");
    element.type = "button";
    element.addEventListener("click", () => act.say(words));
    return element;
  }
  if (entity.type === "spoiler") {
    const element = make("span", "spoiler");
    element.addEventListener("click", () => element.classList.add("seen"));
    return element;
  }
  if (entity.type === "date_time") {
    const element = make("time", "moment");
    element.title = new Date(entity.unix_time * 1000).toLocaleString();
    return element;
  }
  const element = make("span", LINKS.has(entity.type) ? "link inert" : "");
  if (entity.url) element.title = entity.url;
  return element;
}

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
}

export function day(seconds) {
  const date = new Date(seconds * 1000);
  if (date.toDateString() === new Date().toDateString()) return "Today";
  return date.toLocaleDateString([], { day: "numeric", month: "long" });
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1048576) return `${(bytes / 1024).toFixed(1)} kB`;
  return `${(bytes / 1048576).toFixed(1)} MB`;
}

function photo(media) {
  const image = make("img", "photo");
  image.src = media.url;
  image.width = media.width;
  image.height = media.height;
  image.alt = "Photo";
  const link = make("a", "photo-link");
  link.href = media.url;
  link.target = "_blank";
  link.rel = "noopener";
  link.append(image);
  return link;
}

function document_(media) {
  const link = make("a", "document");
  link.href = media.url;
  link.download = media.name;
  const badge = make("span", "badge");
  badge.append(icon("M7 3h7l4 4v14H7zM14 3v4h4"));
  const about = make("span", "about");
  about.append(make("span", "name", media.name), make("span", "size", size(media.size)));
  link.append(badge, about);
  return link;
}

function quote(message) {
  const strip = make("p", "quote");
  const author = message.from === "bot" ? "Bot" : "You";
  const what = message.text || (message.photo ? "Photo" : "Document");
  strip.append(make("strong", "", author), make("span", "", what.slice(0, 80)));
  return strip;
}

function keyboard(message, act) {
  const rows = make("div", "keys");
  for (const row of message.buttons) {
    const line = make("div", "row");
    for (const button of row) {
      const key = make("button", `key ${button.style || ""}`, button.text);
      key.type = "button";
      if (button.url) key.append(make("span", "corner", "↗"));
      if (button.copy) key.append(make("span", "corner", "⧉"));
      key.addEventListener("click", () => act.press(message.id, button, key));
      line.append(key);
    }
    rows.append(line);
  }
  return rows;
}

/* act: say(text), press(messageId, button, element), find(messageId) */
export function draw(message, act) {
  const item = make("li", message.from);
  item.dataset.id = message.id;
  item.dataset.day = day(message.date);
  const bubble = make("div", "bubble");
  const quoted = message.reply_to && act.find(message.reply_to);
  if (quoted) bubble.append(quote(quoted));
  if (message.photo) bubble.append(photo(message.photo));
  if (message.document) bubble.append(document_(message.document));
  if (message.text) {
    const words = make("div", "words");
    paint(words, message.text, 0, message.text.length, message.entities, act);
    bubble.append(words);
  }
  const stamp = make("span", "stamp");
  if (message.silent) stamp.append(make("span", "", "silent "));
  // A message with buttons is a screen: that it was drawn anew is no news.
  if (message.edited && !message.buttons.length) stamp.append(make("span", "", "edited "));
  stamp.append(make("time", "", clock(message.date)));
  bubble.append(stamp);
  item.append(bubble);
  if (message.photo) item.classList.add("with-photo");
  if (message.buttons.length) {
    item.classList.add("with-keys");
    item.append(keyboard(message, act));
  }
  return item;
}

export function drawCommand(item, pick) {
  const choice = make("button", "command");
  choice.type = "button";
  choice.setAttribute("role", "menuitem");
  choice.append(make("span", "slash", `/${item.command}`), make("span", "what", item.description));
  choice.addEventListener("click", pick);
  return choice;
}

export function drawReplyRow(labels, act) {
  const line = make("div", "row");
  for (const label of labels) {
    const key = make("button", "key", label);
    key.type = "button";
    key.addEventListener("click", () => act.say(label));
    line.append(key);
  }
  return line;
}
