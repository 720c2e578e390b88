// Whole lines that are marked: those that an edit of the page's own changed, those with a mistake, and the one
// a link led to.

import { RangeSet, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, GutterMarker, gutterLineClass } from '@codemirror/view';

/** The lines, as pairs of first and last. */
export const setChanged = StateEffect.define();
/** The line, as a pair of first and last. */
export const setWanted = StateEffect.define();
/** The lines in which something is wrong, as pairs of first and last. */
export const setBad = StateEffect.define();

const CHANGED = Decoration.line({ class: 'cm-changed' });
const WANTED = Decoration.line({ class: 'cm-wanted' });
const CHANGED_NUMBER = new (class extends GutterMarker { elementClass = 'cm-changed-number'; })();
const BAD = Decoration.line({ class: 'cm-bad' });
const BAD_NUMBER = new (class extends GutterMarker { elementClass = 'cm-bad-number'; })();

/** Marks that move with the text and end when `effect` brings others. */
function marks(effect, range) {
  return StateField.define({
    create: () => RangeSet.empty,
    update(set, transaction) {
      let next = set.map(transaction.changes);
      for (const e of transaction.effects) {
        if (e.is(effect)) next = range(transaction.state.doc, e.value);
      }
      return next;
    },
  });
}

function starts(doc, ranges) {
  const places = new Set();
  for (const [first, last] of ranges) {
    for (let n = Math.max(first, 1); n <= Math.min(last, doc.lines); n += 1) places.add(doc.line(n).from);
  }
  return [...places].sort((a, b) => a - b);
}

const each = (mark) => (doc, ranges) => RangeSet.of(starts(doc, ranges).map((at) => mark.range(at)));
const changed = marks(setChanged, each(CHANGED));
const changedNumbers = marks(setChanged, each(CHANGED_NUMBER));
const bad = marks(setBad, each(BAD));
const badNumbers = marks(setBad, each(BAD_NUMBER));
const wanted = marks(setWanted, each(WANTED));

/** The extension that draws them; what stands later is drawn over what stands before. */
export const markedLines = [
  [changed, bad, wanted].map((field) => [field, EditorView.decorations.from(field)]),
  [changedNumbers, badNumbers].map((field) => [field, gutterLineClass.from(field)]),
];
