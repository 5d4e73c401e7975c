/** The picture beside what a persona says. */

const OF_PERSONAS = 'api/ai/personas/';

/**
 * Where it is, as who sees the chat may see it; undefined if that is not below the server's `baseUrl`: a picture of another host would tell that host
 * who reads this chat, and when.
 */
export function avatarUrl(baseUrl: string, route: string, chatId: string): string | undefined {
  if (!route) {
    return undefined;
  }
  const url = parse(route.replace(/^\/+/, ''), baseUrl);
  if (!url?.href.startsWith(baseUrl)) {
    return undefined;
  }
  if (url.href.startsWith(OF_PERSONAS, baseUrl.length)) {
    url.searchParams.set('chat', chatId);
  }
  return url.href;
}

function parse(route: string, baseUrl: string): URL | null {
  try {
    return new URL(route, baseUrl);
  } catch {
    return null;
  }
}
