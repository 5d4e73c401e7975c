/** The picture beside what a persona says. */

/**
 * Where it is; undefined if that is not below the server's `baseUrl`: a picture of another host would tell that host
 * who reads this chat, and when.
 */
export function avatarUrl(baseUrl: string, route: string): string | undefined {
  if (!route) {
    return undefined;
  }
  const url = parse(route.replace(/^\/+/, ''), baseUrl);
  return url?.href.startsWith(baseUrl) ? url.href : undefined;
}

function parse(route: string, baseUrl: string): URL | null {
  try {
    return new URL(route, baseUrl);
  } catch {
    return null;
  }
}
