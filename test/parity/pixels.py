"""What transformers' own processors make of a photograph, to tell how far the library that mofa uses is from them.

    python3 test/parity/pixels.py cat.jpg      # writes test/fixtures/vision/pixels.json
"""
import os
import sys

import torch
from PIL import Image
from transformers import CLIPImageProcessor, Gemma3ImageProcessor, Idefics3ImageProcessor, Qwen2VLImageProcessor, SiglipImageProcessor

from layout import sample, write_json

half = {'image_mean': [0.5] * 3, 'image_std': [0.5] * 3}
clip = {'image_mean': [0.48145466, 0.4578275, 0.40821073], 'image_std': [0.26862954, 0.26130258, 0.27577711]}
common = {'do_convert_rgb': True, 'do_normalize': True, 'do_rescale': True, 'do_resize': True, 'rescale_factor': 1 / 255}
processors = {
    'CLIPImageProcessor': (CLIPImageProcessor, {**clip, 'do_center_crop': True, 'crop_size': {'height': 336, 'width': 336}, 'size': {'shortest_edge': 336}, 'resample': 3}),
    'SiglipImageProcessor': (SiglipImageProcessor, {**half, 'size': {'height': 384, 'width': 384}, 'resample': 3}),
    'Gemma3ImageProcessor': (Gemma3ImageProcessor, {**half, 'size': {'height': 896, 'width': 896}, 'resample': 2}),
    'Qwen2VLImageProcessor': (Qwen2VLImageProcessor, {**clip, 'min_pixels': 56 * 56, 'max_pixels': 28 * 28 * 1280, 'patch_size': 14, 'merge_size': 2, 'temporal_patch_size': 2, 'resample': 3}),
    'Idefics3ImageProcessor': (Idefics3ImageProcessor, {**half, 'do_image_splitting': True, 'do_pad': True, 'size': {'longest_edge': 2048}, 'max_image_size': {'longest_edge': 512}, 'resample': 1}),
}

if __name__ == '__main__':
    picture = Image.open(sys.argv[1]).convert('RGB')
    found = [
        {'config': {'image_processor_type': name, **common, **options}, 'pixels': sample(torch.tensor(kind(**options)(picture, return_tensors='np')['pixel_values']))}
        for name, (kind, options) in processors.items()
    ]
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/vision')
    write_json(f'{folder}/pixels.json', {'picture': list(picture.size), 'processors': found}, lines=True)
