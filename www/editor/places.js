// From the page's lines and columns to CodeMirror's places, and from a text to the next by the smallest change.

/** The place of a 1-based line and a 1-based column that counts characters, not UTF-16 units. */
function placeOf(doc, number, column) {
  const line = doc.line(Math.min(Math.max(number, 1), doc.lines));
  let units = 0;
  let left = column - 1;
  for (const character of line.text) {
    if (left <= 0) break;
    units += character.length;
    left -= 1;
  }
  return line.from + units;
}

/** The range from one place to another, never empty where there is something to underline. */
export function rangeOf(doc, line, column, endLine, endColumn) {
  const from = placeOf(doc, line, column);
  const to = placeOf(doc, endLine, endColumn);
  if (to > from) return { from, to };
  const here = doc.lineAt(from);
  return { from: from === here.to ? Math.max(here.from, from - 1) : from, to: Math.min(here.to, from + 1) };
}

/** What to replace by what, so that carets, folds and marks outside of it stay. */
export function smallestChange(before, after) {
  const a = before.toString();
  const b = after.toString();
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a.charCodeAt(head) === b.charCodeAt(head)) head += 1;
  let tail = 0;
  while (tail < most - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail += 1;
  return { from: head, to: a.length - tail, insert: after.slice(head, b.length - tail) };
}
