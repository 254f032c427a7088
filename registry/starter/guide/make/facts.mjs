/** Intents that follow from the command reference and the settings alone: what a command, a flag, a setting does. */

const absent = ['create', 'push', 'chat', 'start', 'train', 'uninstall', 'login', 'logout', 'status', 'logs', 'export', 'test', 'open', 'load', 'unload', 'kill', 'restart', 'reload', 'build', 'web', 'gui', 'server', 'models', 'ask', 'generate', 'embed', 'transcribe', 'speak', 'imagine', 'pipe', 'tools', 'agent', 'share', 'sync', 'watch', 'benchmark', 'eval', 'finetune', 'daemon', 'foo', 'banana'];

export function factIntents({commands, settings}) {
	const runnable = commands.filter(command => !command.group);
	return [
		...runnable.map(commandFact),
		...runnable.filter(command => command.options.length > 0).map(optionsFact),
		...runnable.filter(command => command.examples.length > 0).map(exampleFact),
		...optionFacts(runnable),
		...settings.map(settingFact),
		absentFact(commands),
	];
}

const usage = command => ['mofa', command.name, ...command.arguments.map(({usage}) => usage)].join(' ');
const any = list => (list.length === 1 ? list[0] : `(${list.join('|')})`);

function commandFact(command) {
	const name = any(command.names);
	return {
		id: `ref-${command.name}`,
		topic: 'reference',
		kind: 'command',
		command: `mofa ${command.name}`,
		why: command.summary,
		does: [],
		plain: [],
		asks: [
			`what does mofa ${name} do`, `what is mofa ${name} [for]`, `mofa ${name}`, `explain mofa ${name}`,
			`what does the ${name} command do`, `what is the ${name} command [for]`, `(explain|describe) the ${name} command`,
			`how do i use mofa ${name}`, `how does mofa ${name} work`, `when do i (use|need) mofa ${name}`,
			`is there a command (called|named) ${name}`, `is there a ${name} command`, `does mofa have a ${name} command`,
			`mofa ${name} usage`, `what happens when i (type|run) mofa ${name}`,
		],
		answers: [`\`${usage(command)}\`: ${command.summary}.`],
	};
}

function optionsFact(command) {
	const name = any(command.names);
	return {
		id: `ref-${command.name}-options`,
		topic: 'reference',
		kind: 'command',
		command: `mofa help ${command.name}`,
		why: 'shows its options',
		does: [],
		plain: [],
		asks: [
			`(which|what) (options|flags|switches) does mofa ${name} (have|take|know|accept)`, `(options|flags) of mofa ${name}`,
			`(which|what) (options|flags) are there for (mofa ${name}|the ${name} command)`, `mofa ${name} (options|flags)`,
			`list the (options|flags) of (mofa ${name}|${name})`, `what can i (pass|give) to mofa ${name}`,
		],
		answers: [`\`mofa ${command.name}\` has ${command.options.map(({long}) => `\`${long}\``).join(', ')}. \`mofa help ${command.name}\` explains them.`],
	};
}

function exampleFact(command) {
	const name = any(command.names);
	const example = command.examples.at(0);
	return {
		id: `ref-${command.name}-example`,
		topic: 'reference',
		kind: 'command',
		command: example.line,
		why: example.does,
		does: [],
		plain: [],
		asks: [
			`(give|show) me an example of mofa ${name}`, `example of mofa ${name}`, `mofa ${name} example`,
			`an example for the ${name} command`, `how would i use mofa ${name}, an example please`,
		],
		answers: [`\`${example.line}\`: ${example.does}.`],
	};
}

function optionFacts(commands) {
	const byLong = new Map();
	for (const command of commands)
		for (const option of command.options) byLong.set(option.long, [...(byLong.get(option.long) ?? []), {command, option}]);
	return [...byLong].map(([long, uses]) => {
		const {command, option} = uses[0];
		const names = any([long, ...(option.short ? [option.short] : [])]);
		const of = uses.map(({command}) => command.name);
		return {
			id: `ref${long}`,
			topic: 'reference',
			kind: 'command',
			command: `mofa ${command.name} ${long}`,
			why: option.summary,
			flag: long,
			does: [],
			plain: [],
			asks: [
				`what does ${names} do`, `what is ${names} [for]`, `${names}`, `explain ${names}`, `what does the (flag|option|switch) ${names} do`,
				`what is the ${names} (flag|option) for`, `how do i use ${names}`, `mofa ${any(of)} ${names}`,
				`what does ${names} (mean|do) in mofa ${any(of)}`, `which command has ${long}`, `is there a ${names} (flag|option)`,
				`when do i (need|use) ${names}`,
			],
			answers: [
				uses.length === 1
					? `\`mofa ${command.name} ${long}\`: ${option.summary}.`
					: `\`${long}\`: ${option.summary}. ${of.map(name => `\`mofa ${name}\``).slice(0, 4).join(', ')}${of.length > 4 ? ' and others' : ''} ${of.length > 4 || of.length > 1 ? 'have' : 'has'} it.`,
			],
		};
	});
}

function settingFact(setting) {
	const plain = setting.key.replace('_', ' ');
	const key = plain === setting.key ? setting.key : any([setting.key, plain]);
	return {
		id: `setting-ref-${setting.key}`,
		topic: 'reference',
		kind: 'command',
		command: `mofa config set ${setting.key} ...`,
		why: setting.summary,
		does: [],
		plain: [],
		asks: [
			`what is the setting ${key}`, `what is the ${key} setting [for]`, `what does the ${key} setting do`,
			`explain the ${key} setting`, `what does the setting ${key} (do|mean|change)`, `${setting.key} setting`,
			`what is ${setting.environment}`, `what does ${setting.environment} do`, `${setting.environment}`,
			`what is ${setting.key} in the (settings|config)`, `which values can ${setting.key} have`,
			`mofa config set ${setting.key}`,
		],
		answers: [
			`${setting.key}: ${setting.summary}. Set it with \`mofa config set ${setting.key} ...\` or ${setting.environment}; the default is ${setting.default ?? 'unset'}.`,
		],
	};
}

function absentFact(commands) {
	const known = new Set(commands.flatMap(({names}) => names));
	const names = any(absent.filter(name => !known.has(name)));
	const top = commands.filter(({name}) => !name.includes(' ')).map(({name}) => name);
	return {
		id: 'ref-absent',
		topic: 'reference',
		kind: 'command',
		command: 'mofa help',
		why: 'shows every command',
		weight: 4,
		does: [],
		plain: [],
		asks: [
			`is there a command (called|named) ${names}`, `is there a ${names} command`, `does mofa have a ${names} command`,
			`what does mofa ${names} do`, `mofa ${names}`, `mofa ${names} does not work`, `what is mofa ${names}`,
			`explain mofa ${names}`, `what does the ${names} command do`, `how do i use mofa ${names}`,
		],
		answers: [`mofa has no such command. It has ${top.slice(0, -1).join(', ')} and ${top.at(-1)}: see \`mofa help\`.`],
	};
}
