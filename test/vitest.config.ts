import path from 'node:path';
import {defineConfig, type ViteUserConfig} from 'vitest/config';

const config: ViteUserConfig = defineConfig({
	root: path.resolve(import.meta.dirname, '..'),
	// Plugins import mofa by its name.
	resolve: {
		alias: [
			{find: /^mofa$/, replacement: path.resolve(import.meta.dirname, '../src/index.ts')},
			{find: /^mofa\/testing$/, replacement: path.resolve(import.meta.dirname, '../src/testing.ts')},
		],
	},
	test: {
		pool: 'forks',
		include: ['test/**/*.test.{ts,tsx}'],
		testTimeout: 30_000,
		hookTimeout: 60_000,
	},
});
export default config;
