/** Why: wherever something is searched, Enter and Down go to what was found, in the same way. */
import { element } from './elements.js';

/**
 * @param {() => void} goToFound
 * @param {readonly (readonly [label: string, field: HTMLElement])[]} fields each with an id
 */
export function searchForm(goToFound, fields) {
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    goToFound();
  };
  return element(
    'form',
    {
      class: 'search',
      role: 'search',
      onsubmit: submit,
      onkeydown: (event) => {
        if (asksForRows(event)) {
          submit(event);
        }
      },
    },
    ...fields.map(([label, field]) =>
      element('label', { for: field.id }, element('span', {}, label), field),
    ),
    // Enter in a field needs one to press.
    element('button', { type: 'submit', tabindex: -1, class: 'unseen' }, 'Search'),
  );
}

/**
 * Down, in a field of text, means the rows below it: but for a choice among what an input method offers.
 * @param {Event} event
 */
function asksForRows(event) {
  return (
    event instanceof KeyboardEvent &&
    event.key === 'ArrowDown' &&
    !event.isComposing &&
    event.target instanceof HTMLInputElement
  );
}
