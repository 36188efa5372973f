// Small helpers to build HTML and SVG; strings only ever become text nodes.
const SVG = "http://www.w3.org/2000/svg";

function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
}

function build(node, attributes, children) {
  setAttributes(node, attributes);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const html = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

// A button that shows its key. It never takes the focus from a mouse press, so that keys keep working.
function button(text, { key = "", ...attributes }, action) {
  return html(
    "button",
    {
      type: "button",
      class: "dare-button",
      "data-focus": text,
      "aria-keyshortcuts": key ? key : null,
      onmousedown: (event) => event.preventDefault(),
      onclick: action,
      ...attributes,
    },
    html("span", {}, text),
    key && html("kbd", { "aria-hidden": "true" }, key),
  );
}

// Rebuilds a part of the page and gives the focus back to the element that carries the same name.
function rebuild(parent, ...children) {
  const active = document.activeElement;
  const name = parent.contains(active) ? active.getAttribute("data-focus") : null;
  parent.replaceChildren(...children.flat().filter((child) => child));
  if (name === null) return;
  const again = [...parent.querySelectorAll("[data-focus]")].find((node) => node.getAttribute("data-focus") === name);
  again?.focus({ preventScroll: true });
}

const capitalise = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const percent = (score) => `${Math.round(score * 100)} %`;
