/** The REST routes of the server's extension. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** A chat as the list of chats shows it. */
export interface ChatDescription {
  id: string;
  title: string;
  owner: string;
  shared: boolean;
  is_default: boolean;
  /** Seconds since the epoch. */
  created: number;
  /** When the newest message was written; older servers do not tell. */
  updated?: number;
}

export interface CommandOption {
  id: string;
  label: string;
  description: string;
  only_start: boolean;
}

/** Somebody who can be addressed; `address` is what does so at the beginning of a prompt. */
export interface PersonaDescription {
  name: string;
  address: string;
  description: string;
  avatar_route: string;
}

export interface Health {
  ok: boolean;
  problems: string[];
  versions: Record<string, string>;
  engine?: { state: string };
  model: { id: string | null; provider: string | null; problem: string | null };
}

/** An answer other than 2xx; `message` is what the server says, or its status, and `code` its word for the refusal. `status` 0: no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code?: string
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export class Api {
  constructor(readonly settings: ServerConnection.ISettings) {}

  /** Ask a route; the answer's JSON, or null where it has none. Throws `ApiError`. */
  async request<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
    const url = URLExt.join(this.settings.baseUrl, 'api/ai', path);
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
    }
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
    } catch (error) {
      throw new ApiError(0, String(error instanceof Error ? error.message : error));
    }
    const text = await response.text();
    const answer = parse(text);
    if (!response.ok) {
      const { message, code } = (answer ?? {}) as { message?: unknown; code?: unknown };
      throw new ApiError(
        response.status,
        typeof message === 'string' && message
          ? message
          : `${response.status} ${response.statusText}`,
        typeof code === 'string' ? code : undefined
      );
    }
    return answer as T;
  }

  async chats(): Promise<ChatDescription[]> {
    return (await this.request<{ chats: ChatDescription[] }>('chats')).chats;
  }

  createChat(title?: string): Promise<ChatDescription> {
    return this.request('chats', 'POST', title ? { title } : {});
  }

  renameChat(id: string, title: string): Promise<ChatDescription> {
    return this.request(`chats/${encodeURIComponent(id)}`, 'PATCH', { title });
  }

  /** Who can be addressed in a chat. */
  async personas(chatId: string): Promise<PersonaDescription[]> {
    const query = URLExt.objectToQueryString({ chat: chatId });
    return (await this.request<{ personas: PersonaDescription[] }>(`personas${query}`)).personas;
  }

  /** Let a persona answer what is addressed to nobody; "" is the default. */
  choosePersona(chatId: string, persona: string): Promise<ChatDescription> {
    return this.request(`chats/${encodeURIComponent(chatId)}`, 'PATCH', { persona });
  }

  deleteChat(id: string): Promise<null> {
    return this.request(`chats/${encodeURIComponent(id)}`, 'DELETE');
  }

  async options(chatId: string, partialCommand = ''): Promise<CommandOption[]> {
    const query = URLExt.objectToQueryString({
      chat: chatId,
      ...(partialCommand && { partialCommand })
    });
    const answer = await this.request<{ options: CommandOption[] }>(
      `chats/autocomplete_options${query}`
    );
    return answer.options;
  }

  health(): Promise<Health> {
    return this.request('health');
  }
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
