// Lints the sources and the tests.

import eslint from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/build', '**/labextension', '**/lib', '**/node_modules', '**/*.js'] },
  eslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { 'react-hooks': reactHooks },
    languageOptions: {
      parserOptions: {
        project: ['tsconfig.json', 'tokens/tsconfig.json', 'tests/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      ...reactHooks.configs.recommended.rules,
      // Interfaces ask for promises, whether there is anything to wait for or not.
      '@typescript-eslint/require-await': 'off',
      // Interfaces declare functions as methods, JupyterLab's too.
      '@typescript-eslint/unbound-method': 'off'
    }
  },
  {
    files: ['tests/**/*.ts'],
    // node:test awaits them by itself.
    rules: { '@typescript-eslint/no-floating-promises': 'off' }
  }
);
