"""What the schedulers of diffusers say and do, on inputs that a test makes again by the same rule.

    python3 test/parity/schedulers.py      # writes test/fixtures/diffusion/schedulers.json
"""
import os

import diffusers
import numpy as np
import torch
from diffusers import (
    DDIMScheduler, DPMSolverMultistepScheduler, EulerAncestralDiscreteScheduler, EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler, LCMScheduler,
)

from layout import write_json

SIZE = 12
SD = {'beta_start': 0.00085, 'beta_end': 0.012, 'beta_schedule': 'scaled_linear'}
FLUX = {'base_shift': 0.5, 'max_shift': 1.15, 'base_image_seq_len': 256, 'max_image_seq_len': 4096, 'use_dynamic_shifting': True, 'shift': 3.0}


def wave(number, scale=1.0):
    """Sines, exact in double precision before they are rounded."""
    at = np.arange(SIZE, dtype=np.float64)
    return torch.tensor((scale * np.sin(1.3 * at + 0.7 * number + 0.11 * number * at)).astype(np.float32)).reshape(1, 1, 1, SIZE)


drawn = 0


def fresh(*_, **__):
    global drawn
    drawn += 1
    return wave(100 + drawn)


for module in ('euler_ancestral_discrete', 'lcm', 'ddim', 'euler_discrete', 'dpmsolver_multistep'):
    getattr(diffusers.schedulers, f'scheduling_{module}').randn_tensor = fresh


def run(kind, scheduler_class, config, steps, **how):
    global drawn
    drawn = 0
    scheduler = scheduler_class(**config)
    first, length = how.get('first', 0), how.get('length', 1024)
    strength = how.get('strength')
    if how.get('even'):
        dynamic = scheduler.config.use_dynamic_shifting
        scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps), mu=mean(scheduler, length) if dynamic else None)
    elif kind == 'flow-euler' and scheduler.config.use_dynamic_shifting:
        scheduler.set_timesteps(steps, mu=mean(scheduler, length))
    elif strength is not None:
        scheduler.set_timesteps(steps, strength=strength)
    else:
        scheduler.set_timesteps(steps)
    scheduler.set_begin_index(first) if hasattr(scheduler, 'set_begin_index') else None
    flow = kind == 'flow-euler'
    start = wave(1) * (1.0 if flow else float(scheduler.init_noise_sigma)) if first == 0 else noised(scheduler, kind, first)
    sample, after = start, []
    for number, timestep in enumerate(scheduler.timesteps[first:]):
        seen = sample if flow else scheduler.scale_model_input(sample, timestep)
        # An answer that depends on what the network saw, so that a wrong scale is seen as well.
        answer = 0.6 * wave(10 + number) + 0.3 * seen
        sample = scheduler.step(answer, timestep, sample).prev_sample
        after.append([float(value) for value in sample.flatten()])
    return {
        'kind': kind, 'config': {'_class_name': scheduler_class.__name__, **config}, 'steps': steps, **how,
        'timesteps': [float(value) for value in scheduler.timesteps],
        'sigmas': [float(value) for value in scheduler.sigmas] if kind in ('euler', 'euler-ancestral', 'dpm++-2m', 'flow-euler') else None,
        'start': [float(value) for value in start.flatten()],
        'after': after,
    }


def mean(scheduler, length):
    config = scheduler.config
    slope = (config.max_shift - config.base_shift) / (config.max_image_seq_len - config.base_image_seq_len)
    return config.base_shift + slope * (length - config.base_image_seq_len)


def noised(scheduler, kind, first):
    """A picture that is begun from, at the level of the first step."""
    timestep = scheduler.timesteps[first : first + 1]
    if kind == 'flow-euler':
        return scheduler.scale_noise(wave(2), timestep, wave(1))
    return scheduler.add_noise(wave(2), wave(1), timestep)


def cases():
    for spacing in ('leading', 'trailing', 'linspace'):
        yield run('euler', EulerDiscreteScheduler, {**SD, 'timestep_spacing': spacing, 'steps_offset': 1}, 7)
        yield run('euler-ancestral', EulerAncestralDiscreteScheduler, {**SD, 'timestep_spacing': spacing, 'steps_offset': 1}, 6)
        yield run('ddim', DDIMScheduler, {**SD, 'timestep_spacing': spacing, 'steps_offset': 1, 'clip_sample': False, 'set_alpha_to_one': False}, 6)
        yield run('dpm++-2m', DPMSolverMultistepScheduler, {**SD, 'timestep_spacing': spacing, 'steps_offset': 1}, 8)
    yield run('euler', EulerDiscreteScheduler, {**SD, 'timestep_spacing': 'trailing'}, 1)
    yield run('euler', EulerDiscreteScheduler, {**SD, 'timestep_spacing': 'trailing'}, 4, first=2)
    yield run('euler', EulerDiscreteScheduler, {**SD, 'use_karras_sigmas': True}, 6)
    yield run('euler', EulerDiscreteScheduler, {**SD, 'use_exponential_sigmas': True, 'final_sigmas_type': 'sigma_min'}, 5)
    yield run('euler', EulerDiscreteScheduler, {**SD, 'prediction_type': 'v_prediction', 'timestep_spacing': 'leading'}, 5)
    yield run('euler', EulerDiscreteScheduler, {**SD, 'prediction_type': 'sample', 'beta_schedule': 'linear'}, 4)
    yield run('euler', EulerDiscreteScheduler, {**SD, 'prediction_type': 'v_prediction', 'timestep_spacing': 'trailing', 'rescale_betas_zero_snr': True}, 5)
    yield run('euler', EulerDiscreteScheduler, {'beta_schedule': 'squaredcos_cap_v2', 'num_train_timesteps': 100}, 5)
    yield run('euler-ancestral', EulerAncestralDiscreteScheduler, {**SD, 'prediction_type': 'v_prediction', 'timestep_spacing': 'trailing'}, 4)
    yield run('ddim', DDIMScheduler, {**SD, 'prediction_type': 'v_prediction', 'clip_sample': False, 'timestep_spacing': 'trailing', 'rescale_betas_zero_snr': True}, 5)
    yield run('ddim', DDIMScheduler, {**SD, 'prediction_type': 'sample', 'clip_sample': False}, 5)
    yield run('ddim', DDIMScheduler, {'beta_schedule': 'squaredcos_cap_v2'}, 6)
    yield run('ddim', DDIMScheduler, {**SD, 'clip_sample': True, 'clip_sample_range': 0.8, 'prediction_type': 'v_prediction'}, 5)
    yield run('ddim', DDIMScheduler, {**SD, 'clip_sample': False}, 8, first=3)
    yield run('lcm', LCMScheduler, {}, 4)
    yield run('lcm', LCMScheduler, {**SD, 'prediction_type': 'v_prediction', 'original_inference_steps': 100}, 6)
    yield run('lcm', LCMScheduler, {}, 4, strength=0.6)
    yield run('dpm++-2m', DPMSolverMultistepScheduler, {**SD, 'use_karras_sigmas': True}, 6)
    yield run('dpm++-2m', DPMSolverMultistepScheduler, {**SD, 'solver_type': 'heun', 'prediction_type': 'v_prediction'}, 16)
    yield run('dpm++-2m', DPMSolverMultistepScheduler, {**SD, 'final_sigmas_type': 'sigma_min', 'lower_order_final': False}, 5)
    yield run('dpm++-2m', DPMSolverMultistepScheduler, {**SD, 'solver_order': 1, 'prediction_type': 'sample'}, 5)
    yield run('dpm++-2m', DPMSolverMultistepScheduler, {'beta_schedule': 'squaredcos_cap_v2', 'lambda_min_clipped': -5.1}, 6)
    yield run('dpm++-2m', DPMSolverMultistepScheduler, {**SD, 'timestep_spacing': 'leading'}, 8, first=3)
    yield run('flow-euler', FlowMatchEulerDiscreteScheduler, {'shift': 3.0}, 5)
    yield run('flow-euler', FlowMatchEulerDiscreteScheduler, {'shift': 3.0}, 8, first=3)
    yield run('flow-euler', FlowMatchEulerDiscreteScheduler, {'shift': 1.0}, 4, even=True)
    yield run('flow-euler', FlowMatchEulerDiscreteScheduler, FLUX, 5, even=True, length=1024)
    yield run('flow-euler', FlowMatchEulerDiscreteScheduler, FLUX, 4, length=4096)
    yield run('flow-euler', FlowMatchEulerDiscreteScheduler, {'shift': 1.0, 'shift_terminal': 0.1}, 4)


if __name__ == '__main__':
    found = list(cases())
    file = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/diffusion/schedulers.json')
    write_json(file, found, lines=True)
    print(len(found), os.path.getsize(file))
