// The YAML editor: CodeMirror 6 behind one element, `<yaml-editor>`, loaded once somebody opens the editor.
//!
// The page sets plain properties (`text`, `notes`, `folds`, `changed`, `reveal`) and hears `input` when a
// person has typed, then reads `value`. What a text means, and what is wrong with it, is the page's to say.
// Everything lives in a shadow root, where CodeMirror's styles are constructed style sheets: a strict
// content security policy has nothing to object to.

import { EditorState, Text, Transaction } from '@codemirror/state';
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, tooltips } from '@codemirror/view';
import { defaultKeymap, history, historyKeymap, isolateHistory, indentWithTab } from '@codemirror/commands';
import { bracketMatching, codeFolding, foldEffect, foldGutter, foldKeymap, foldedRanges, indentOnInput, indentUnit, syntaxHighlighting, unfoldEffect } from '@codemirror/language';
import { yaml } from '@codemirror/lang-yaml';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';

import { markedLines, setBad, setChanged, setWanted } from './lines.js';
import { messageOf } from './message.js';
import { rangeOf, smallestChange } from './places.js';
import { colours, theme } from './theme.js';

/** Separate the records and the fields of a property, as they do in ASCII; no YAML may contain them. */
const RECORD = '\u001e';
const FIELD = '\u001f';
/** Documents of these kinds are named when they are folded away. */
const KIND = /^kind:\s*(\w+)/;

const LF = /\r\n?|\n/;

/** What a fold stands for: `2 Nodes, 3 Pods` or `12 lines`. */
function describe(state, { from, to }) {
  const first = state.doc.lineAt(from).number;
  const last = state.doc.lineAt(to).number;
  const kinds = new Map();
  for (let n = first; n <= last; n += 1) {
    const kind = KIND.exec(state.doc.line(n).text)?.[1];
    if (kind) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  if (kinds.size === 0) return `${last - first} ${last - first === 1 ? 'line' : 'lines'}`;
  return [...kinds].map(([kind, n]) => `${n} ${n > 1 && !kind.endsWith('s') ? `${kind}s` : kind}`).join(', ');
}

function placeholder(view, onclick, what) {
  const element = document.createElement('span');
  element.className = 'cm-foldPlaceholder';
  element.textContent = `${what} folded here`;
  element.title = 'Unfold';
  element.onclick = (event) => {
    const at = view.posAtDOM(element);
    onclick(event);
    // A view that was scrolled to its end would stay there, far from what was opened.
    view.dispatch({ effects: EditorView.scrollIntoView(at, { y: 'nearest', yMargin: 60 }) });
  };
  return element;
}

function foldMarker(open) {
  const element = document.createElement('span');
  element.textContent = open ? '▾' : '▸';
  element.title = open ? 'Fold' : 'Unfold';
  return element;
}

/** The state outlives the element, so that closing the editor loses neither undo, folds nor the caret. */
let kept;

const extensions = (host) => [
  lineNumbers(),
  foldGutter({ markerDOM: foldMarker }),
  lintGutter(),
  history(),
  drawSelection(),
  highlightSpecialChars(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSelectionMatches(),
  bracketMatching(),
  indentOnInput(),
  indentUnit.of('  '),
  codeFolding({ preparePlaceholder: describe, placeholderDOM: placeholder }),
  search({ top: true }),
  yaml(),
  syntaxHighlighting(colours),
  theme,
  tooltips({ position: 'fixed' }),
  markedLines,
  keymap.of([...foldKeymap, ...lintKeymap, ...searchKeymap, ...historyKeymap, indentWithTab, ...defaultKeymap]),
  // Files are the page's to open.
  EditorView.domEventHandlers({ drop: (event) => (event.dataTransfer?.files.length ?? 0) > 0 }),
  EditorView.contentAttributes.of({
    'aria-label': 'Cluster YAML',
    'aria-describedby': 'way-out',
    // It can be focused as it is; this says so to those who only read attributes.
    tabindex: '0',
    autocapitalize: 'off',
    autocorrect: 'off',
    spellcheck: 'false',
  }),
  EditorView.updateListener.of((update) => host().updated(update)),
];

/** The element that shows the editor now; there is one. */
let shown;

class YamlEditor extends HTMLElement {
  #view;
  #waiting = false;
  #text = '';
  #notes = '';
  #folds = '';
  #changed = '';
  #reveal = '';
  #applied = {};

  connectedCallback() {
    shown = this;
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open', delegatesFocus: true });
    root.textContent = '';
    // What a field must not swallow without saying how to leave it.
    const wayOut = document.createElement('p');
    wayOut.id = 'way-out';
    wayOut.hidden = true;
    wayOut.textContent = 'Tab indents. Escape, then Tab, leaves the editor.';
    root.append(wayOut);
    // The page hears of an edit once the text is whole, from the element itself.
    root.addEventListener('input', (event) => event.stopPropagation());
    const state = kept ?? EditorState.create({ extensions: extensions(() => shown) });
    this.#view = new EditorView({ state, root, parent: root });
    // Search and folding speak through the page's own live region, which listens for this.
    this.#view.dom.querySelector('.cm-announced')?.removeAttribute('aria-live');
    this.#applied = {};
    this.#apply();
    this.#takeOver();
  }

  disconnectedCallback() {
    kept = this.#view?.state;
    this.#view?.destroy();
    this.#view = undefined;
  }

  /** The text as it stands. */
  get value() {
    return this.#text;
  }

  /** The line that the caret is in. */
  get line() {
    const state = this.#view?.state ?? kept;
    return state ? state.doc.lineAt(state.selection.main.head).number : 1;
  }

  /** A whole text typed in place of the old one, as a person would: those who drive the page use it. */
  set value(text) {
    const view = this.#view;
    view?.dispatch({ changes: smallestChange(view.state.doc, Text.of(text.split(LF))), userEvent: 'input' });
  }

  set text(text) { this.#text = text; this.#soon(); }
  get text() { return this.#text; }
  set notes(notes) { this.#notes = notes; this.#soon(); }
  set folds(folds) { this.#folds = folds; this.#soon(); }
  set changed(changed) { this.#changed = changed; this.#soon(); }
  set reveal(reveal) { this.#reveal = reveal; this.#soon(); }

  /** Properties come one by one; places only make sense with the text that they are in. */
  #soon() {
    if (this.#waiting) return;
    this.#waiting = true;
    queueMicrotask(() => {
      this.#waiting = false;
      if (this.#view) this.#apply();
    });
  }

  #apply() {
    const view = this.#view;
    const applied = this.#applied;
    if (applied.text !== this.#text) {
      const doc = Text.of(this.#text.split(LF));
      if (!doc.eq(view.state.doc)) {
        const empty = view.state.doc.length === 0;
        const change = smallestChange(view.state.doc, doc);
        // The first text is not an edit that could be undone.
        view.dispatch(empty && !kept
          ? { changes: change, userEvent: 'input.page', annotations: Transaction.addToHistory.of(false) }
          : { changes: change, userEvent: 'input.page', annotations: isolateHistory.of('full') });
        // What is another text altogether is folded anew; an edit leaves the folds as they were.
        if (change.to - change.from > view.state.doc.length / 2 || empty) this.#fold();
      }
      applied.text = this.#text;
      applied.notes = undefined;
    }
    if (applied.notes !== this.#notes) {
      applied.notes = this.#notes;
      this.#mark();
    }
    if (applied.changed !== this.#changed) {
      applied.changed = this.#changed;
      const ranges = records(this.#changed).map(([from, to]) => [Number(from), Number(to)]);
      view.dispatch({ effects: setChanged.of(ranges) });
      if (ranges.length > 0) this.#show(ranges[0][0], 'nearest');
    }
    if (applied.reveal !== this.#reveal) {
      applied.reveal = this.#reveal;
      const line = Number(this.#reveal.split(',')[0]);
      if (line > 0) {
        this.#show(line, 'center');
        view.dispatch({ effects: setWanted.of([[line, line]]) });
      }
    }
  }

  #fold() {
    const { doc } = this.#view.state;
    const effects = records(this.#folds)
      .map(([from, to]) => [Number(from), Number(to)])
      .filter(([from, to]) => from >= 1 && to <= doc.lines && from < to)
      .map(([from, to]) => foldEffect.of({ from: doc.line(from).from, to: doc.line(to).to }));
    if (effects.length > 0) this.#view.dispatch({ effects });
  }

  #mark() {
    const view = this.#view;
    const diagnostics = records(this.#notes).map(([severity, line, column, endLine, endColumn, message, help]) => {
      const { from, to } = rangeOf(view.state.doc, Number(line), Number(column), Number(endLine), Number(endColumn));
      const note = { severity, message, help };
      return { from, to, severity, message, note, renderMessage: () => messageOf(note) };
    });
    view.dispatch(setDiagnostics(view.state, diagnostics));
    const errors = diagnostics.filter((d) => d.severity === 'error');
    const lines = errors.map((d) => view.state.doc.lineAt(d.from).number);
    view.dispatch({ effects: setBad.of(lines.map((line) => [line, line])) });
    view.contentDOM.setAttribute('aria-invalid', String(errors.length > 0));
    this.#unfold(errors.map((d) => d.from));
  }

  #unfold(places) {
    const effects = [];
    foldedRanges(this.#view.state).between(0, this.#view.state.doc.length, (from, to) => {
      if (places.some((at) => from <= at && at <= to)) effects.push(unfoldEffect.of({ from, to }));
    });
    if (effects.length > 0) this.#view.dispatch({ effects });
  }

  #show(number, y) {
    const view = this.#view;
    const line = view.state.doc.line(Math.min(Math.max(number, 1), view.state.doc.lines));
    this.#unfold([line.from]);
    view.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y }) });
  }

  /** The plain field may have been in use while this was on its way. */
  #takeOver() {
    if (!handover) return;
    const { line, column } = handover;
    handover = undefined;
    const { doc } = this.#view.state;
    const at = doc.line(Math.min(line, doc.lines));
    this.#view.dispatch({ selection: { anchor: Math.min(at.from + column, at.to) }, scrollIntoView: true });
    this.#view.focus();
  }

  updated(update) {
    if (!update.docChanged) return;
    // What the page itself has set it need not hear.
    if (update.transactions.some((t) => t.isUserEvent('input.page'))) return;
    const text = update.state.doc.toString();
    if (text === this.#text) return;
    this.#text = text;
    this.#applied.text = text;
    this.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }
}

function records(text) {
  return text === '' ? [] : text.split(RECORD).map((record) => record.split(FIELD));
}

/** Where the caret stood in the plain field when this arrived. */
let handover;

const field = document.activeElement;
if (field instanceof HTMLTextAreaElement && field.matches('.yaml textarea')) {
  const before = field.value.slice(0, field.selectionStart).split('\n');
  const spans = field.dataset.lines?.split(' ').map(Number) ?? [];
  // A line of the plain field that stands for a fold is as long as what it hides.
  handover = { line: spans[before.length - 1] ?? before.length, column: before.at(-1).length };
}

customElements.define('yaml-editor', YamlEditor);
