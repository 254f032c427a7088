"""Tiny language models with ears, with random weights, as onnx-community has the real ones, and what transformers makes of them.

    python3 test/parity/speech_language.py [voxtral] [granite_speech]      # writes test/fixtures/asr/NAME

Three graphs: sound to rows of features, tokens to vectors, and a decoder with a memory. The windows of this Voxtral are of six
seconds instead of thirty. Its prompt is the one that mistral_common encodes for a request to transcribe, and Granite's spectrogram
is written down here after torchaudio's documentation where that package is absent.
"""
import os
import shutil
import sys
import types

import numpy as np
import onnxruntime
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (DynamicCache, GraniteSpeechConfig, GraniteSpeechForConditionalGeneration, PreTrainedTokenizerFast, VoxtralConfig, VoxtralForConditionalGeneration,
                          WhisperFeatureExtractor)
from transformers.audio_utils import mel_filter_bank
from transformers.models.granite_speech import feature_extraction_granite_speech as granite_features

from layout import export, sample, sound, strong, write_json
from vision import shorten

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/asr')
WIDTH, HEADS, LAYERS, STEPS = 16, 2, 2, 24
SOUNDS = ((1.5, 1), (3.3, 2), (5.87, 3))


def write_tokenizer(folder, control, bos, eos, template):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in control])
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    tokenizer.save(f'{folder}/tokenizer.json', pretty=False)
    write_json(f'{folder}/tokenizer_config.json', {'tokenizer_class': 'PreTrainedTokenizerFast', 'bos_token': bos, 'eos_token': eos, 'pad_token': eos, **({'chat_template': template} if template else {})})
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=bos, eos_token=eos, pad_token=eos)


class Words(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.table = model.get_input_embeddings()

    def forward(self, input_ids):
        return self.table(input_ids)


class Decoder(torch.nn.Module):
    """Its mask is built here: what the library builds it with cannot be traced for every length."""

    def __init__(self, model):
        super().__init__()
        self.text, self.head = model.model.language_model, model.lm_head

    def forward(self, inputs_embeds, attention_mask, *rest):
        # Granite's has no positions of its own: they are those of its memory.
        positions, past = (rest[0], rest[1:]) if len(rest) % 2 else (None, rest)
        cache = DynamicCache()
        for layer in range(LAYERS):
            cache.update(past[2 * layer], past[2 * layer + 1], layer)
        before, count = past[0].shape[2], inputs_embeds.shape[1]
        own = torch.arange(before, before + count)
        hidden = (torch.arange(before + count)[None, :] > own[:, None])[None, None] | (attention_mask[:, None, None, :] == 0)
        out = self.text(inputs_embeds=inputs_embeds, attention_mask=hidden.float() * -1e9, position_ids=own[None] if positions is None else positions, past_key_values=cache, use_cache=True, return_dict=True)
        layers = out.past_key_values.layers
        return (self.head(out.last_hidden_state), *[part for layer in layers for part in (layer.keys, layer.values)])


def write_text_graphs(folder, model, takes_positions):
    ids = torch.tensor([[3, 5, 7]])
    export(Words(model), (ids,), ['input_ids'], ['inputs_embeds'], {'input_ids': {0: 'batch_size', 1: 'sequence_length'}, 'inputs_embeds': {0: 'batch_size', 1: 'sequence_length'}}, f'{folder}/onnx/embed_tokens.onnx')
    past = [torch.randn(1, 1, 2, WIDTH // HEADS) for _ in range(2 * LAYERS)]
    names = [f'{layer}.{part}' for layer in range(LAYERS) for part in ('key', 'value')]
    places = {'position_ids': torch.arange(2, 5)[None]} if takes_positions else {}
    export(
        Decoder(model), (model.get_input_embeddings()(ids), torch.ones(1, 5, dtype=torch.long), *places.values(), *past),
        ['inputs_embeds', 'attention_mask', *places, *[f'past_key_values.{name}' for name in names]], ['logits', *[f'present.{name}' for name in names]],
        {'inputs_embeds': {0: 'batch_size', 1: 'sequence_length'}, 'attention_mask': {0: 'batch_size', 1: 'total_sequence_length'},
         **{name: {0: 'batch_size', 1: 'sequence_length'} for name in places},
         **{f'past_key_values.{name}': {0: 'batch_size', 2: 'past_sequence_length'} for name in names},
         'logits': {0: 'batch_size', 1: 'sequence_length'}, **{f'present.{name}': {0: 'batch_size', 2: 'total_sequence_length'} for name in names}},
        f'{folder}/onnx/decoder_model_merged.onnx',
    )


def greedy(model, tokens, end, **inputs):
    """All at once for each token: no memory that could hide a mistake. Also how far the second best was away at its closest."""
    written, closest = [], np.inf
    for _ in range(STEPS):
        with torch.no_grad():
            ids = torch.tensor([tokens + written])
            logits = model(input_ids=ids, attention_mask=torch.ones_like(ids), **inputs).logits[0, -1]
        best = torch.topk(logits, 2).values
        closest = min(closest, float(best[0] - best[1]))
        token = int(logits.argmax())
        if token == end:
            break
        written.append(token)
    return written, closest


def case(model, seconds, seed, asked, tokens, end, features, rows, **inputs):
    written, closest = greedy(model, tokens, end, **inputs)
    print(seconds, seed, asked, 'prompt', len(tokens), 'closest', closest, 'wrote', written)
    assert closest > 1e-3, closest
    # Who says the same again and again is stopped.
    assert len(set(written[-16:])) > 8, written
    return {'seconds': seconds, 'seed': seed, **asked, 'features': sample(features[0]), 'rows': sample(rows), 'tokens': tokens, 'written': written, 'closest': closest}


def start(kind, config, folder, seed, scale):
    config._attn_implementation = 'eager'
    # What `strong` leaves as it is was made by chance, too.
    torch.manual_seed(seed)
    model = strong(kind(config), seed, scale)
    model.config.save_pretrained(folder)
    return model


def finish(folder, cases):
    for graph in ('audio_encoder', 'embed_tokens', 'decoder_model_merged'):
        shorten(f'{folder}/onnx/{graph}.onnx')
    write_json(f'{folder}/reference.json', {'cases': cases}, lines=True)
    print({file: os.path.getsize(f'{folder}/{file}') for file in sorted(os.listdir(folder)) if os.path.isfile(f'{folder}/{file}')}, {file: os.path.getsize(f'{folder}/onnx/{file}') for file in os.listdir(f'{folder}/onnx')})


def make_voxtral():
    folder, seconds, mels = f'{root}/voxtral', 6, 16
    control = ['<unk>', '<s>', '</s>', '[INST]', '[/INST]', '[AUDIO]', '[BEGIN_AUDIO]', '[TRANSCRIBE]']
    id_of = {name: 256 + index for index, name in enumerate(control)}
    # The template of the real one knows conversations, and nothing of transcribing.
    tokenizer = write_tokenizer(folder, control, '<s>', '</s>', None)
    positions = seconds * 50
    config = VoxtralConfig(
        audio_token_id=id_of['[AUDIO]'], projector_hidden_act='gelu',
        audio_config=dict(hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_hidden_layers=1, num_attention_heads=2, num_mel_bins=mels, max_source_positions=positions, activation_function='gelu'),
        text_config=dict(model_type='llama', vocab_size=256 + len(control), hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=1, head_dim=WIDTH // HEADS,
                         max_position_embeddings=512, bos_token_id=id_of['<s>'], eos_token_id=id_of['</s>'], pad_token_id=id_of['</s>'], tie_word_embeddings=False, rms_norm_eps=1e-5),
    )
    model = start(VoxtralForConditionalGeneration, config, folder, 6, 1.6)
    write_json(f'{folder}/generation_config.json', {'bos_token_id': id_of['<s>'], 'eos_token_id': id_of['</s>'], 'pad_token_id': id_of['</s>']})
    extractor = WhisperFeatureExtractor(feature_size=mels, chunk_length=seconds)
    extractor.save_pretrained(folder)

    class Ears(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model.model

        def forward(self, audio_values):
            return self.model.get_audio_features(audio_values).pooler_output

    export(Ears(), (torch.randn(1, mels, 2 * positions),), ['audio_values'], ['audio_features'], {'audio_values': {0: 'num_chunks'}, 'audio_features': {0: 'num_audio_tokens'}}, f'{folder}/onnx/audio_encoder.onnx')
    write_text_graphs(folder, model, True)
    session = onnxruntime.InferenceSession(f'{folder}/onnx/audio_encoder.onnx')
    cases = []
    for (length, seed), language in zip(SOUNDS, (None, 'en', 'de')):
        features = torch.tensor(extractor(sound(length, seed), sampling_rate=16000).input_features)
        with torch.no_grad():
            rows = model.model.get_audio_features(features).pooler_output
        assert np.abs(session.run(None, {'audio_values': features.numpy()})[0] - rows.numpy()).max() < 1e-4
        # As mistral_common's InstructTokenizerV7 encodes a request to transcribe.
        spoken = [] if language is None else tokenizer(f'lang:{language}', add_special_tokens=False).input_ids
        tokens = [id_of['<s>'], id_of['[INST]'], id_of['[BEGIN_AUDIO]'], *[id_of['[AUDIO]']] * len(rows), id_of['[/INST]'], *spoken, id_of['[TRANSCRIBE]']]
        cases.append(case(model, length, seed, {} if language is None else {'language': language}, tokens, id_of['</s>'], features, rows, input_features=features))
    finish(folder, cases)


class MelSpectrogram(torch.nn.Module):
    """As torchaudio documents its own: Hann windows in the middle of the transform, power, HTK's filters as they are."""

    def __init__(self, sample_rate, n_fft, win_length, hop_length, n_mels):
        super().__init__()
        self.size, self.length, self.hop = n_fft, win_length, hop_length
        self.filters = torch.tensor(mel_filter_bank(n_fft // 2 + 1, n_mels, 0.0, sample_rate / 2, sample_rate, norm=None, mel_scale='htk'), dtype=torch.float32)

    def forward(self, wave):
        power = torch.stft(wave, self.size, self.hop, self.length, torch.hann_window(self.length), center=True, pad_mode='reflect', return_complex=True).abs() ** 2
        return (power.transpose(-1, -2) @ self.filters).transpose(-1, -2)


def granite_extractor(**options):
    if not hasattr(granite_features, 'torchaudio'):
        granite_features.torchaudio = types.SimpleNamespace(transforms=types.SimpleNamespace(MelSpectrogram=MelSpectrogram))
        granite_features.requires_backends = lambda *_: None
    return granite_features.GraniteSpeechFeatureExtractor(**options)


class GraniteEars(torch.nn.Module):
    """The encoder attends within blocks, whose number the library counts by Python's own arithmetic: here by the graph's."""

    def __init__(self, model):
        super().__init__()
        self.encoder, self.projector = model.model.encoder, model.model.projector

    def attend(self, attention, hidden):
        hidden = attention.pre_norm(hidden)
        count, size, heads = hidden.shape[1], attention.context_size, attention.num_heads
        blocks = (count + size - 1) // size
        hidden = torch.nn.functional.pad(hidden, (0, 0, 0, blocks * size - count))
        keys, values = attention.to_kv(hidden).chunk(2, dim=-1)
        split = lambda part: part.reshape(blocks, size, heads, attention.dim_head).transpose(1, 2)
        queries, keys, values = split(attention.to_q(hidden)), split(keys), split(values)
        places = attention.rel_pos_emb(self.encoder.attention_dists)
        near = torch.einsum('bhcd,crd->bhcr', queries, places)
        beyond = (torch.arange(blocks * size) >= count).reshape(blocks, 1, 1, size)
        weights = torch.softmax(((queries @ keys.transpose(-1, -2) + near) * attention.scale).masked_fill(beyond, -1e30), -1)
        out = (weights @ values).transpose(1, 2).reshape(1, blocks * size, heads * attention.dim_head)
        return attention.to_out(out[:, :count])

    def forward(self, input_features):
        encoder, projector = self.encoder, self.projector
        hidden = encoder.input_linear(input_features)
        for number, layer in enumerate(encoder.layers, start=1):
            hidden = 0.5 * layer.ff1(hidden) + hidden
            hidden = self.attend(layer.attn, hidden) + hidden
            hidden = layer.conv(hidden) + hidden
            hidden = layer.post_norm(0.5 * layer.ff2(hidden) + hidden)
            if number == encoder.num_layers // 2:
                hidden = hidden + encoder.out_mid(torch.softmax(encoder.out(hidden), -1))
        count, size = hidden.shape[1], projector.window_size
        blocks = (count + size - 1) // size
        windows = torch.nn.functional.pad(hidden, (0, 0, 0, blocks * size - count)).reshape(blocks, size, hidden.shape[2])
        seen = projector.qformer(query_embeds=projector.query.expand(blocks, -1, -1), encoder_hidden_states=windows, encoder_attention_mask=None, return_dict=True).last_hidden_state
        return projector.linear(seen.reshape(1, blocks * projector.num_queries, seen.shape[2]))


GRANITE = "{%- for message in messages -%}{%- if message['role'] == 'user' -%}{{ 'USER: ' + message['content'] + '\\n ' }}{%- endif -%}{%- endfor -%}{%- if add_generation_prompt -%}{{ 'ASSISTANT:' }}{%- endif -%}"


def make_granite_speech():
    folder = f'{root}/granite_speech'
    control = ['<|end_of_text|>', '<|pad|>', '<|audio|>']
    tokenizer = write_tokenizer(folder, control, '<|end_of_text|>', '<|end_of_text|>', None)
    with open(f'{folder}/chat_template.jinja', 'w') as out:
        out.write(GRANITE)
    config = GraniteSpeechConfig(
        audio_token_index=258, has_lora_adapter=False, tie_word_embeddings=False, downsample_rate=5, window_size=15,
        encoder_config=dict(input_dim=160, num_layers=2, hidden_dim=WIDTH, feedforward_mult=2, num_heads=2, dim_head=8, output_dim=12, context_size=20, max_pos_emb=32, conv_kernel_size=15, conv_expansion_factor=2),
        projector_config=dict(model_type='blip_2_qformer', hidden_size=WIDTH, encoder_hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, cross_attention_frequency=1, vocab_size=8, max_position_embeddings=8),
        text_config=dict(model_type='granite', vocab_size=256 + len(control), hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=1, max_position_embeddings=512,
                         embedding_multiplier=3.0, residual_multiplier=0.5, attention_multiplier=0.3, logits_scaling=2.0, bos_token_id=256, eos_token_id=256, pad_token_id=257, tie_word_embeddings=False, rms_norm_eps=1e-5),
    )
    model = start(GraniteSpeechForConditionalGeneration, config, folder, 10, 1.6)
    write_json(f'{folder}/generation_config.json', {'bos_token_id': 256, 'eos_token_id': 256, 'pad_token_id': 257})
    extractor = granite_extractor()
    write_json(f'{folder}/preprocessor_config.json', {'feature_extractor_type': 'GraniteSpeechFeatureExtractor', 'melspec_kwargs': extractor.melspec_kwargs, 'projector_window_size': 15, 'projector_downsample_rate': 5, 'sampling_rate': 16000})
    write_json(f'{folder}/processor_config.json', {'audio_token': '<|audio|>', 'processor_class': 'GraniteSpeechProcessor'})
    export(GraniteEars(model), (torch.randn(1, 75, 160),), ['input_features'], ['audio_features'], {'input_features': {0: 'batch_size', 1: 'num_frames'}, 'audio_features': {0: 'batch_size', 1: 'num_audio_tokens'}}, f'{folder}/onnx/audio_encoder.onnx')
    write_text_graphs(folder, model, False)
    session = onnxruntime.InferenceSession(f'{folder}/onnx/audio_encoder.onnx')
    asks = [
        ({}, 'can you transcribe the speech into a written format?'),
        ({'translate': True}, 'translate the speech to English.'),
        ({'prompt': 'Ada, Grace'}, 'transcribe the speech to text. Keywords: Ada, Grace'),
    ]
    cases = []
    for (length, seed), (asked, instruction) in zip(SOUNDS, asks):
        heard = extractor(torch.tensor(sound(length, seed)))
        features, (count,) = heard.input_features, heard.audio_embed_sizes
        with torch.no_grad():
            rows = model.model.get_audio_features(features).pooler_output[0]
        assert len(rows) == count
        assert np.abs(session.run(None, {'input_features': features.numpy()})[0] - rows.numpy()).max() < 1e-4
        text = tokenizer.apply_chat_template([{'role': 'user', 'content': f'<|audio|>{instruction}'}], chat_template=GRANITE, tokenize=False, add_generation_prompt=True)
        tokens = tokenizer(text.replace('<|audio|>', '<|audio|>' * count), add_special_tokens=False).input_ids
        cases.append(case(model, length, seed, asked, tokens, 256, features, rows, input_features=features))
    finish(folder, cases)


if __name__ == '__main__':
    makers = {'voxtral': make_voxtral, 'granite_speech': make_granite_speech}
    for name in sys.argv[1:] or makers:
        makers[name]()
