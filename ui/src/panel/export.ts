/** A chat as a file: Markdown, or a notebook. */

import { TranslationBundle } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';
import { IChatMessage } from 'jupyter-ai-tokens';

import { markOf, withoutStopWords } from '../reading/marks';

const LONGEST_NAME = 60;
const PYTHON = /^(?:i?python3?|py3?)$/i;

/** What is exported of a chat. */
export interface IExported {
  readonly title: string;
  readonly messages: readonly IChatMessage[];
}

/** A part of a Markdown text: a fenced block of Python, or anything else. */
export interface IPart {
  readonly type: 'markdown' | 'code';
  readonly source: string;
}

export interface INotebookCell {
  readonly cell_type: 'markdown' | 'code';
  readonly id: string;
  readonly metadata: Record<string, never>;
  readonly source: string;
  readonly execution_count?: null;
  readonly outputs?: [];
}

export interface INotebook {
  readonly nbformat: 4;
  readonly nbformat_minor: 5;
  readonly metadata: Record<string, Record<string, string>>;
  readonly cells: INotebookCell[];
}

export type ExportKind = 'markdown' | 'notebook';

/** What a file name's extension asks for; null if it says nothing of it. */
export function kindOf(path: string): ExportKind | null {
  if (/\.ipynb$/i.test(path)) {
    return 'notebook';
  }
  return /\.(?:md|markdown)$/i.test(path) ? 'markdown' : null;
}

/** A file name for a chat with this title. */
export function suggestName(title: string): string {
  const words = title
    // What some file system does not take, and what would be a folder.
    // eslint-disable-next-line no-control-regex
    .replace(/[\\/:*?"<>|\u0000-\u001f\u007f]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const name = [...words]
    .slice(0, LONGEST_NAME)
    .join('')
    .replace(/^[. ]+|[. ]+$/g, '');
  return `${name || 'chat'}.md`;
}

export function toMarkdown(chat: IExported, trans: TranslationBundle): string {
  const messages = chat.messages.map(
    message => `${heading(message)}\n\n${closeFence(textOf(message, trans))}`
  );
  return `${[`# ${escape(chat.title)}`, ...messages].join('\n\n---\n\n').trimEnd()}\n`;
}

/** Prompts and answers as cells; the Python code of answers as cells that can be run. */
export function toNotebook(chat: IExported, trans: TranslationBundle): INotebook {
  const cells = [markdownCell(`# ${escape(chat.title)}`)];
  for (const message of chat.messages) {
    cells.push(...cellsOf(message, trans));
  }
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python' }
    },
    cells
  };
}

/** Split a Markdown text at its fenced blocks of Python. */
export function splitCode(text: string): IPart[] {
  const parts: IPart[] = [];
  let rest: string[] = [];
  const end = () => {
    const source = rest.join('\n').replace(/^\n+/, '').trimEnd();
    if (source) {
      parts.push({ type: 'markdown', source });
    }
    rest = [];
  };
  const lines = text.split(/\r\n?|\n/);
  for (let at = 0; at < lines.length; at++) {
    const fence = openFence(lines[at]);
    if (fence === null) {
      rest.push(lines[at]);
      continue;
    }
    const last = closing(lines, at + 1, fence);
    if (PYTHON.test(fence.language)) {
      end();
      const code = lines.slice(at + 1, last).map(line => outdent(line, fence.indent));
      const source = code.join('\n').trim() ? code.join('\n').trimEnd() : '';
      if (source) {
        parts.push({ type: 'code', source });
      }
    } else {
      rest.push(...lines.slice(at, last + 1));
    }
    at = last;
  }
  end();
  return parts;
}

interface IFence {
  readonly indent: number;
  readonly marks: string;
  readonly language: string;
}

function openFence(line: string): IFence | null {
  const match = /^( {0,3})(`{3,}|~{3,})\s*(.*)$/.exec(line);
  if (match === null || (match[2][0] === '`' && match[3].includes('`'))) {
    return null;
  }
  const language = /^\{?\.?([^\s{},]*)/.exec(match[3])![1];
  return { indent: match[1].length, marks: match[2], language };
}

/** The index of the line that closes the fence, or of the end of the text. */
function closing(lines: readonly string[], from: number, fence: IFence): number {
  const close = new RegExp(`^ {0,3}${fence.marks[0]}{${fence.marks.length},}\\s*$`);
  const at = lines.findIndex((line, index) => index >= from && close.test(line));
  return at < 0 ? lines.length : at;
}

function outdent(line: string, indent: number): string {
  return line.replace(new RegExp(`^ {0,${indent}}`), '');
}

/** What an answer that was cut left open would swallow the messages after it. */
function closeFence(text: string): string {
  const lines = text.split(/\r\n?|\n/);
  for (let at = 0; at < lines.length; at++) {
    const fence = openFence(lines[at]);
    if (fence !== null) {
      at = closing(lines, at + 1, fence);
      if (at === lines.length) {
        return `${text}\n${fence.marks}`;
      }
    }
  }
  return text;
}

function cellsOf(message: IChatMessage, trans: TranslationBundle): INotebookCell[] {
  const text = textOf(message, trans);
  if (message.type === 'human') {
    return [markdownCell(`${heading(message)}\n\n${text}`)];
  }
  const [first, ...others] = splitCode(text);
  if (first?.type !== 'markdown') {
    const parts = first === undefined ? [] : [first, ...others];
    return [markdownCell(heading(message)), ...parts.map(cellOf)];
  }
  return [markdownCell(`${heading(message)}\n\n${first.source}`), ...others.map(cellOf)];
}

function cellOf({ type, source }: IPart): INotebookCell {
  return type === 'markdown'
    ? markdownCell(source)
    : { cell_type: 'code', id: cellId(), metadata: {}, source, execution_count: null, outputs: [] };
}

function markdownCell(source: string): INotebookCell {
  return { cell_type: 'markdown', id: cellId(), metadata: {}, source };
}

function cellId(): string {
  return UUID.uuid4();
}

/** Who said it, and when. */
function heading(message: IChatMessage): string {
  const name = message.type === 'human' ? message.sender : message.persona?.name;
  const time = new Date(message.time * 1000).toISOString().slice(0, 16).replace('T', ' ');
  return `**${escape(name ?? '')}** · ${time} UTC`;
}

/** What was said, and how it ended if that was not as it should. */
function textOf(message: IChatMessage, trans: TranslationBundle): string {
  const body = withoutStopWords(message).body.trimEnd();
  const mark = message.complete ? markOf(message, trans) : trans.__('Not finished');
  return mark === null ? body : `${closeFence(body)}\n\n*${escape(mark)}*`;
}

/** A text as one line that Markdown shows as it is. */
function escape(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>#|~$&!]/g, '\\$&');
}
