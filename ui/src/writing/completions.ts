/** What all completers say of the word at the cursor, for the menu of `@jupyter/chat`. */

import { ChatCommand, IChatCommandProvider, IInputModel } from '@jupyter/chat';
import { IChat, ICompleter, ICompleters, ICompletion, ICompletionContext } from 'jupyter-ai-tokens';

import { wordAt } from './word';

const PATIENCE = 3000; // ms that a completer may take: the others' lines wait for it

type Input = Pick<IInputModel, 'value' | 'cursorIndex'>;

export class Completions implements IChatCommandProvider {
  constructor(chat: IChat, completers: Pick<ICompleters, 'items'>) {
    this._chat = chat;
    this._completers = completers;
  }

  readonly id = 'jupyter-ai';

  /** The menu shows whatever comes last, so all that wait get the answer for the newest word. */
  async listCommandCompletions(input: Input): Promise<ChatCommand[]> {
    const word = wordAt(input.value, input.cursorIndex ?? input.value.length);
    let asked: Promise<ChatCommand[]>;
    let answer: ChatCommand[];
    this._newest = this._ask({
      chat: this._chat,
      text: input.value,
      word: word.text,
      isStart: word.isStart
    });
    do {
      asked = this._newest;
      answer = await asked;
    } while (asked !== this._newest);
    // Nobody asks for what may stand at a gap.
    const now = wordAt(input.value, input.cursorIndex ?? input.value.length);
    return now.text === '' ? [] : answer;
  }

  async onSubmit(): Promise<void> {
    // What is typed is sent as it is.
  }

  private async _ask(context: ICompletionContext): Promise<ChatCommand[]> {
    const answers = await Promise.all(
      this._completers.items.map(completer => complete(completer, context))
    );
    const commands = new Map<string, ChatCommand>();
    for (const completion of answers.flat()) {
      if (!commands.has(completion.label)) {
        commands.set(completion.label, this._command(completion));
      }
    }
    // Nothing is left to complete: Enter sends.
    const only = commands.size === 1 ? [...commands.values()][0] : null;
    const isDone = only?.name === context.word && only.spaceOnAccept && !only.replaceWith;
    return isDone ? [] : [...commands.values()];
  }

  private _command({ label, description, insert, isWhole }: ICompletion): ChatCommand {
    return {
      name: label,
      providerId: this.id,
      description: description?.replaceAll('`', ''), // it is plain text
      spaceOnAccept: isWhole ?? false,
      ...(insert === undefined || insert === label ? {} : { replaceWith: insert })
    };
  }

  private readonly _chat: IChat;
  private readonly _completers: Pick<ICompleters, 'items'>;
  private _newest: Promise<ChatCommand[]> = Promise.resolve([]);
}

/** Other extensions' code may throw, or never answer; it costs them their lines only. */
async function complete(
  completer: ICompleter,
  context: ICompletionContext
): Promise<ICompletion[]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<ICompletion[]>(resolve => {
    timer = setTimeout(() => resolve([]), PATIENCE);
  });
  try {
    const answer = await Promise.race([completer.complete(context), late]);
    return answer.filter(completion => typeof completion?.label === 'string');
  } catch (error) {
    console.error(`The completer ${completer.id} failed:`, error);
    return [];
  } finally {
    clearTimeout(timer);
  }
}
