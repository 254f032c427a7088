import path from 'node:path';
import {defineConfig, type ViteUserConfig} from 'vitest/config';

const config: ViteUserConfig = defineConfig({
	root: path.resolve(import.meta.dirname, '..'),
	test: {
		pool: 'forks',
		include: ['test/**/*.test.{ts,tsx}'],
		testTimeout: 30_000,
		hookTimeout: 60_000,
	},
});
export default config;
