/** The models that a picker offers, and which of them fit what was typed. */

import type { ModelSetting, Provider } from './wire';

/** One line of a picker. */
export interface Choice {
  readonly kind: 'none' | 'model' | 'free' | 'any' | 'missing';
  /** What is chosen: a model's id; null for none. Of "any": what to go on typing from. */
  readonly value: string | null;
  readonly label: string;
  readonly provider?: Provider;
}

/** Lines under one heading, which is a provider's name; "" for none. */
export interface Group {
  readonly name: string;
  readonly choices: readonly Choice[];
}

const ANY_MODEL = '*';

/** The ids of a provider's models of this kind, as it lists them. */
export function modelsOf(provider: Provider, setting: ModelSetting): string[] {
  switch (setting) {
    case 'model_provider_id':
      return provider.chat_models ?? provider.models;
    case 'completions_model_provider_id':
      return provider.completion_models ?? provider.models;
    case 'embeddings_provider_id':
      return provider.models;
  }
}

/** The provider of a model. */
export function providerOf(
  gid: string | null,
  providers: readonly Provider[]
): Provider | undefined {
  const id = gid?.split(':', 1)[0];
  return providers.find(provider => provider.id === id);
}

/** The lines for what was typed: all of its words occur in the provider's name or in the model's id. */
export function groupsFor(
  query: string,
  providers: readonly Provider[],
  setting: ModelSetting,
  none: string
): Group[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (text: string): boolean => words.every(word => text.toLowerCase().includes(word));
  const of = (provider: Provider): Group => ({
    name: provider.name,
    choices: choicesOf(provider, setting).filter(choice => fits(searched(choice, provider)))
  });
  const offered = providers.filter(provider => modelsOf(provider, setting).length > 0);
  const first: Choice[] = fits(none) ? [{ kind: 'none', value: null, label: none }] : [];
  const free = freeChoice(query, offered, setting);
  return [
    { name: '', choices: free === null ? first : [...first, free] },
    ...offered.filter(provider => provider.installed).map(of),
    ...offered.filter(provider => !provider.installed).map(of)
  ].filter(group => group.choices.length > 0);
}

/** The model whose id was typed, as a line of its own, unless it is listed or no provider could have it. */
export function freeChoice(
  query: string,
  providers: readonly Provider[],
  setting: ModelSetting
): Choice | null {
  const gid = query.trim();
  const provider = providerOf(gid, providers);
  const model = gid.slice((provider?.id.length ?? 0) + 1).trim();
  if (provider === undefined || !provider.installed || !gid.includes(':') || model === '') {
    return null;
  }
  const value = `${provider.id}:${model}`;
  const listed = modelsOf(provider, setting);
  // One without any has none of this kind.
  return listed.length === 0 || listed.includes(model)
    ? null
    : { kind: 'free', value, label: value, provider };
}

/** What Enter and leaving take if nothing was pointed at: a model whose whole id was typed. */
export function typedChoice(
  query: string,
  providers: readonly Provider[],
  setting: ModelSetting
): string | null {
  const listed = groupsFor(query, providers, setting, '').flatMap(group => group.choices);
  const typed = query.trim();
  const same = listed.find(choice => choice.kind === 'model' && choice.value === typed);
  return same?.value ?? freeChoice(query, providers, setting)?.value ?? null;
}

function choicesOf(provider: Provider, setting: ModelSetting): Choice[] {
  if (!provider.installed) {
    return [{ kind: 'missing', value: null, label: provider.name, provider }];
  }
  const models = modelsOf(provider, setting).filter(model => model !== ANY_MODEL);
  const listed = models.map((model): Choice => ({
    kind: 'model',
    value: `${provider.id}:${model}`,
    label: model,
    provider
  }));
  const isOpen = provider.registry || models.length === 0;
  const any: Choice = {
    kind: 'any',
    value: `${provider.id}:`,
    label: `${provider.id}:…`,
    provider
  };
  return isOpen ? [...listed, any] : listed;
}

function searched(choice: Choice, provider: Provider): string {
  // Of a provider that is not installed also its models are looked for.
  const models = choice.kind === 'missing' ? provider.models.join(' ') : '';
  return `${provider.name} ${provider.id} ${choice.value ?? ''} ${models}`;
}
