/** The version of this extension, which is that of `package.json`. */

export const VERSION = '2.40.0';
