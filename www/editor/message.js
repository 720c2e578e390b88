// What is wrong at a value, said beside it: under the pointer by CodeMirror's own tooltip, at the caret by ours,
// since a keyboard has no pointer.

import { StateField } from '@codemirror/state';
import { showTooltip } from '@codemirror/view';
import { forEachDiagnostic, setDiagnosticsEffect } from '@codemirror/lint';

/** The message and, below it, what to do. */
export function messageOf({ severity, message, help }) {
  const element = document.createElement('div');
  const what = document.createElement('p');
  const word = document.createElement('b');
  word.textContent = `${severity}: `;
  what.append(word, message);
  element.append(what);
  if (help) {
    const hint = document.createElement('p');
    hint.className = 'cm-help';
    hint.textContent = help;
    element.append(hint);
  }
  return element;
}

/** The message at the caret, or of the value that is selected; none while something else is. */
function atCaret(state) {
  const { main } = state.selection;
  const found = [];
  forEachDiagnostic(state, (diagnostic, from, to) => {
    if (main.empty ? from <= main.head && main.head <= to : main.from === from && main.to === to) found.push({ from, note: diagnostic.note });
  });
  if (found.length === 0) return null;
  return {
    pos: found[0].from,
    above: false,
    arrow: false,
    create: () => {
      const dom = document.createElement('div');
      dom.className = 'cm-at-caret';
      for (const { note } of found) {
        const one = messageOf(note);
        one.className = `cm-diagnostic cm-diagnostic-${note.severity}`;
        dom.append(one);
      }
      return { dom };
    },
  };
}

/** Not while typing: a message that comes with every letter is in the way. It waits for the caret to move. */
export const messageAtCaret = StateField.define({
  create: () => null,
  update(tooltip, transaction) {
    if (transaction.docChanged) return null;
    if (transaction.selection) return atCaret(transaction.state);
    if (tooltip && transaction.effects.some((e) => e.is(setDiagnosticsEffect))) return atCaret(transaction.state);
    return tooltip;
  },
  provide: (field) => showTooltip.from(field),
});
