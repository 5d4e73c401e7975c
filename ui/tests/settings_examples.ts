/** Providers and settings for the tests of the settings. */

import type { Config, Provider } from '../src/settings/wire';

export function provider(id: string, more: Partial<Provider> = {}): Provider {
  const models = more.models ?? ['small', 'large'];
  return {
    id,
    name: id.toUpperCase(),
    models,
    help: null,
    auth_strategy: null,
    registry: false,
    fields: [],
    chat_models: models,
    completion_models: models,
    installed: true,
    install_hint: null,
    ...more
  };
}

export function config(more: Partial<Config> = {}): Config {
  return {
    model_provider_id: 'open:small',
    embeddings_provider_id: null,
    completions_model_provider_id: null,
    fields: {},
    embeddings_fields: {},
    completions_fields: {},
    send_with_shift_enter: false,
    api_keys: [],
    last_read: 7,
    max_chat_history: null,
    default_max_chat_history: 2,
    fixed: {},
    problems: [],
    key_sources: {},
    ...more
  };
}
