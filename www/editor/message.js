// What is wrong at a value, as it is said beside it: under the pointer, and by keyboard at F8.

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
