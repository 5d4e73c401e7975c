/** Takes out of rendered Markdown what JupyterLab's sanitizer lets pass, and a chat must not have. */

const COMMANDS = ['data-commandlinker-command', 'data-commandlinker-args'];

/** `node` is not yet on the page. */
export function makeHarmless(node: HTMLElement): void {
  for (const name of COMMANDS) {
    // A click would run any command of JupyterLab, as the model chose.
    node.querySelectorAll(`[${name}]`).forEach(element => element.removeAttribute(name));
  }
  for (const form of node.querySelectorAll('form')) {
    form.replaceWith(...form.childNodes); // sending it loads the page anew
  }
  for (const link of node.querySelectorAll('a[href], area[href]')) {
    if (!link.getAttribute('href')!.startsWith('#')) {
      link.setAttribute('target', '_blank');
      link.setAttribute('rel', 'noopener noreferrer');
    }
  }
}
