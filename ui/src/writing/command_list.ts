/** The commands of the server, and completions of their names and arguments. */

import { IChat, ICompleter, ICompletion, ICompletionContext } from 'jupyter-ai-tokens';

import { CommandOption } from '../wire/api';

const LASTING = 30_000; // ms that a list counts

export interface ICommandSource {
  /** All commands of a chat, or with the beginning of one and a colon what may follow it. */
  options(chatId: string, partialCommand?: string): Promise<CommandOption[]>;
}

/** The lists of all chats. */
export class CommandLists {
  constructor(source: ICommandSource, clock: () => number = () => Date.now()) {
    this._source = source;
    this._clock = clock;
  }

  /** The list of a chat; another one once an answer has ended, for `/personas allow` and the like. */
  of(chatId: string, lastAnswer = ''): CommandList {
    if (this._lastAnswers.get(chatId) !== lastAnswer) {
      this._lastAnswers.set(chatId, lastAnswer);
      this._lists.delete(chatId);
    }
    const list =
      this._lists.get(chatId) ?? new CommandList(() => this._source.options(chatId), this._clock);
    this._lists.set(chatId, list);
    return list;
  }

  /** Forget them: others may be there now. */
  forget(): void {
    this._lists.clear();
  }

  private readonly _source: ICommandSource;
  private readonly _clock: () => number;
  private readonly _lists = new Map<string, CommandList>();
  private readonly _lastAnswers = new Map<string, string>();
}

/** The list of all commands of a chat: known at once from the second time on, and read again now and then. */
class CommandList {
  constructor(read: () => Promise<CommandOption[]>, clock: () => number) {
    this._readAll = read;
    this._clock = clock;
  }

  /** All commands; an old list is given while a new one is being read. */
  async all(): Promise<readonly CommandOption[]> {
    const isOld = this._readAt === null || this._clock() - this._readAt > LASTING;
    const reading = isOld ? this.refresh() : null;
    if (this._list === null && reading !== null) {
      await reading;
    }
    return this._list ?? [];
  }

  /** Read the list; one that cannot be read leaves the old one. */
  refresh(): Promise<void> {
    this._reading ??= this._read().finally(() => {
      this._reading = null;
    });
    return this._reading;
  }

  private async _read(): Promise<void> {
    try {
      this._list = await this._readAll();
      this._readAt = this._clock();
    } catch (error) {
      console.warn('The commands of the chat could not be read:', error);
    }
  }

  private readonly _readAll: () => Promise<CommandOption[]>;
  private readonly _clock: () => number;
  private _list: readonly CommandOption[] | null = null;
  private _readAt: number | null = null;
  private _reading: Promise<void> | null = null;
}

/** The built-in completer. */
export class CommandCompleter implements ICompleter {
  constructor(source: ICommandSource, lists: CommandLists) {
    this._source = source;
    this._lists = lists;
  }

  readonly id = 'commands';

  async complete({ chat, word, isStart }: ICompletionContext): Promise<ICompletion[]> {
    if (!/^[/@]/.test(word)) {
      return [];
    }
    const options = word.includes(':')
      ? await this._source.options(chat.id, word)
      : beginningWith(word, await this._lists.of(chat.id, lastAnswer(chat)).all());
    return options
      .filter(option => isStart || !option.only_start)
      .map(option => ({
        label: option.label.trimEnd(), // 2.x ends what is complete with a blank
        description: option.description,
        // An argument follows `@file:` at once, and the rest of a path its folder.
        isWhole: !/[:/]$/.test(option.label)
      }));
  }

  private readonly _source: ICommandSource;
  private readonly _lists: CommandLists;
}

/** The id of the last answer that has ended, or "". */
function lastAnswer({ messages }: IChat): string {
  return messages.filter(({ type, complete }) => type === 'agent' && complete).pop()?.id ?? '';
}

/** Those that begin so, as the server reads it; none if the word is one of them as the documentation spells it. */
function beginningWith(word: string, options: readonly CommandOption[]): CommandOption[] {
  const begin = bare(word);
  const found = options.filter(({ label }) => bare(label).startsWith(begin));
  const isDone = found.length === 1 && /^\/.*-/.test(word) && dashed(found[0].label) === word;
  return isDone ? [] : found;
}

/** Without what does not count in an address or a command: case, quotes, and what stands for a space. */
function bare(word: string): string {
  return dashed(word.normalize('NFC').toLowerCase().replaceAll('"', ''));
}

/** `/refresh-personas` is the command `/refresh_personas`. */
function dashed(word: string): string {
  return word.trimEnd().replace(/[\s_-]+/g, '-');
}
