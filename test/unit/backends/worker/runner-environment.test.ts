import {expect, test} from 'vitest';
import {runnerEnvironment} from '../../../../src/backends/worker/runner-environment.ts';

test('a runner inherits what it needs, and neither our debugger flags, our channel, nor any key', () => {
	const environment = runnerEnvironment({
		PATH: '/bin',
		HOME: '/home/me',
		CUDA_VISIBLE_DEVICES: '0',
		UV_THREADPOOL_SIZE: '64',
		NODE_OPTIONS: '--inspect',
		NODE_CHANNEL_FD: '7',
		HF_TOKEN: 'hf_x',
		OPENAI_API_KEY: 'sk',
		AWS_SECRET_ACCESS_KEY: 'x',
		UNSET: undefined,
	});
	expect(environment).toEqual({PATH: '/bin', HOME: '/home/me', CUDA_VISIBLE_DEVICES: '0', UV_THREADPOOL_SIZE: '1'});
});

test('what the caller asks for wins', () => {
	expect(runnerEnvironment({}, {UV_THREADPOOL_SIZE: '4', REMOTE_API_KEY: 'k'})).toEqual({
		UV_THREADPOOL_SIZE: '4',
		REMOTE_API_KEY: 'k',
	});
});
