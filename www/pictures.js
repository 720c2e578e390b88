// Makes files of what the page shows: a drawing as SVG or PNG, a text as it stands. Loaded when the panel
// that offers them is first opened. Nothing is fetched and nothing runs in what is made: looks become
// attributes, and a PNG is painted mark by mark, so that a page which allows no foreign image makes one too.

const LOOKS = [
  'fill', 'fill-opacity', 'stroke', 'stroke-opacity', 'stroke-width', 'stroke-dasharray', 'stroke-linecap',
  'stroke-linejoin', 'opacity', 'font-size', 'font-weight', 'text-anchor',
];

/** `#rrggbb` and how opaque, of a colour as the browser computed it; null for none. */
export function colour(text) {
  const parts = (text.match(/-?[\d.]+%?(?![a-z])/g) ?? []).map(Number);
  const space = /^(rgba?|color)\(/.exec(text);
  if (!space || parts.length < 3) return text.startsWith('#') ? { hex: text, alpha: 1 } : null;
  const scale = space[1] === 'color' ? 255 : 1;
  const hex = parts.slice(0, 3).map((part) => Math.round(Math.min(255, Math.max(0, part * scale))).toString(16).padStart(2, '0'));
  return { hex: `#${hex.join('')}`, alpha: parts[3] ?? 1 };
}

/** The ground a drawing stands on. */
function ground(element) {
  for (let at = element; at; at = at.parentElement) {
    const found = colour(getComputedStyle(at).backgroundColor);
    if (found && found.alpha > 0) return found.hex;
  }
  return '#ffffff';
}

/** A family that every reader has. */
const family = (style) => (/mono/i.test(style.fontFamily) ? 'monospace' : 'sans-serif');

const sizeOf = (svg) => {
  const box = svg.viewBox.baseVal;
  if (box?.width) return [box.width, box.height];
  return [svg.width.baseVal.value, svg.height.baseVal.value];
};

function dress(from, to) {
  const style = getComputedStyle(from);
  for (const name of [...to.getAttributeNames()]) {
    if (/^(class|style|role|tabindex|aria-|data-|on)/.test(name)) to.removeAttribute(name);
  }
  const words = from.tagName === 'text' || from.tagName === 'tspan';
  for (const name of LOOKS) {
    if (!words && (name.startsWith('font') || name === 'text-anchor')) continue;
    const value = style.getPropertyValue(name);
    if (name === 'fill' || name === 'stroke') {
      const found = colour(value);
      to.setAttribute(name, found ? found.hex : 'none');
      if (found && found.alpha < 1) to.setAttribute(`${name}-opacity`, String(found.alpha));
    } else if (value && !(name.endsWith('opacity') && value === '1') && value !== 'none') {
      to.setAttribute(name, value.replaceAll('px', ''));
    }
  }
  if (words) to.setAttribute('font-family', family(style));
  // Where a rule of style moved it, the attribute says so instead.
  if (style.transform !== 'none') to.setAttribute('transform', style.transform);
  [...from.children].forEach((child, i) => dress(child, to.children[i]));
}

/** A drawing as a file of its own. */
export function svgOf(svg) {
  const [width, height] = sizeOf(svg);
  const copy = svg.cloneNode(true);
  const name = svg.getAttribute('aria-label') ?? '';
  for (const attribute of [...copy.getAttributeNames()]) copy.removeAttribute(attribute);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('viewBox', `0 0 ${width} ${height}`);
  copy.setAttribute('width', width);
  copy.setAttribute('height', height);
  [...svg.children].forEach((child, i) => dress(child, copy.children[i]));
  const make = (tag) => document.createElementNS('http://www.w3.org/2000/svg', tag);
  const [title, back] = [make('title'), make('rect')];
  title.textContent = name;
  for (const [key, value] of Object.entries({ width, height, fill: ground(svg) })) back.setAttribute(key, value);
  copy.prepend(title, back);
  for (const script of copy.querySelectorAll('script, foreignObject')) script.remove();
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

function outline(element) {
  const number = (name) => Number(element.getAttribute(name) ?? 0);
  if (element.tagName === 'path') return new Path2D(element.getAttribute('d'));
  const path = new Path2D();
  if (element.tagName === 'circle') path.arc(number('cx'), number('cy'), number('r'), 0, 2 * Math.PI);
  if (element.tagName === 'line') {
    path.moveTo(number('x1'), number('y1'));
    path.lineTo(number('x2'), number('y2'));
  }
  if (element.tagName === 'rect') path.roundRect(number('x'), number('y'), number('width'), number('height'), number('rx'));
  return path;
}

/** Paints one mark and all that is in it. */
function paint(context, element, base, scale) {
  const style = getComputedStyle(element);
  if (style.display === 'none' || style.visibility === 'hidden') return;
  const m = base.multiply(element.getScreenCTM());
  context.setTransform(m.a * scale, m.b * scale, m.c * scale, m.d * scale, m.e * scale, m.f * scale);
  const opacity = Number(style.opacity);
  const [fill, stroke] = [colour(style.fill), colour(style.stroke)];
  const width = parseFloat(style.strokeWidth) || 0;
  const before = context.globalAlpha;
  context.globalAlpha = before * opacity;
  if (element.tagName === 'text') {
    words(context, element);
  } else if (['path', 'rect', 'circle', 'line'].includes(element.tagName)) {
    const path = outline(element);
    if (fill) {
      context.fillStyle = fill.hex;
      context.globalAlpha = before * opacity * fill.alpha;
      context.fill(path);
    }
    if (stroke && width > 0) {
      context.strokeStyle = stroke.hex;
      context.globalAlpha = before * opacity * stroke.alpha;
      context.lineWidth = width;
      context.lineJoin = style.strokeLinejoin;
      context.lineCap = style.strokeLinecap;
      context.setLineDash(style.strokeDasharray === 'none' ? [] : style.strokeDasharray.split(/[ ,]+/).map(parseFloat));
      context.stroke(path);
    }
  } else {
    for (const child of element.children) paint(context, child, base, scale);
  }
  context.globalAlpha = before;
}

/** Each run of words where the browser put its first letter. */
function words(context, text) {
  const runs = [];
  const visit = (node, element) => {
    if (node.nodeType === Node.TEXT_NODE && node.data) runs.push([node.data, element]);
    for (const child of node.childNodes) visit(child, node);
  };
  visit(text, text);
  let at = 0;
  for (const [run, element] of runs) {
    if (at >= text.getNumberOfChars()) break;
    const style = getComputedStyle(element);
    const { x, y } = text.getStartPositionOfChar(at);
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    context.fillStyle = colour(style.fill)?.hex ?? '#000000';
    context.fillText(run, x, y);
    at += run.length;
  }
}

/** A drawing as a PNG, twice as fine as the screen's pixels. */
export function pngOf(svg, scale = 2) {
  const [width, height] = sizeOf(svg);
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const context = canvas.getContext('2d');
  context.fillStyle = ground(svg);
  context.fillRect(0, 0, canvas.width, canvas.height);
  const first = [...svg.children].find((child) => child.getScreenCTM);
  if (first) {
    // From a mark to the drawing's own units, however the page has zoomed it.
    const base = svg.getScreenCTM().inverse();
    for (const child of svg.children) paint(context, child, base, scale);
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
  });
}

function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const TYPES = { svg: 'image/svg+xml', png: 'image/png', txt: 'text/plain;charset=utf-8', md: 'text/markdown;charset=utf-8' };

async function made(kind, source) {
  if (kind === 'png') return pngOf(source);
  const text = kind === 'svg' ? svgOf(source) : source.value;
  return new Blob([text], { type: TYPES[kind] });
}

async function act(button) {
  const { make: kind, name, to } = button.dataset;
  const part = button.closest('[data-exported]');
  const source = part.querySelector(kind === 'svg' || kind === 'png' ? 'svg[role="img"], svg[role="slider"]' : 'textarea');
  const blob = await made(kind, source);
  if (to === 'clipboard') {
    const copied = kind === 'png' ? { 'image/png': blob } : { 'text/plain': await blob.text() };
    await navigator.clipboard.write([new ClipboardItem(copied)]);
    return `Copied: ${name}`;
  }
  save(blob, name);
  return `Saved: ${name}`;
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('button[data-make]');
  if (!button) return;
  const said = button.closest('[role="dialog"]').querySelector('output');
  try {
    said.textContent = await act(button);
  } catch (error) {
    said.textContent = `That did not work: ${error.message}`;
  }
});
