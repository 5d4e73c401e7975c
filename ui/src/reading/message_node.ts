/** The element of a message's body, which stays where it was put. */

const NAME = 'jp-ai-message-body';

/**
 * `@jupyter/chat` puts each message's body in its place again whenever a message comes. Taken out and put back, it would lose
 * the focus and the selection in it, and all of it would be laid out anew: seconds where the chat is long.
 */
class MessageNode extends HTMLElement {
  connectedCallback(): void {
    const parent = this.parentElement;
    if (parent !== null) {
      parent.replaceChildren = (...nodes) => {
        const isThere = nodes.length === 1 && nodes[0] === this && parent.childNodes.length === 1;
        if (!isThere || parent.firstChild !== this) {
          Element.prototype.replaceChildren.apply(parent, nodes);
        }
      };
    }
  }
}

export function createMessageNode(): HTMLElement {
  if (customElements.get(NAME) === undefined) {
    customElements.define(NAME, MessageNode);
  }
  return document.createElement(NAME);
}
