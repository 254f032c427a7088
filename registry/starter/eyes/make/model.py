"""The network in plain torch: an encoder of pictures, a connector that joins four patches into one, and a
decoder of the architecture of Llama. What the encoder hands on is what its heads tell of each patch."""
import torch
from torch import nn
from torch.nn import functional as F

SIDE = 64
GRID = 8  # patches in a row, as the layers of attention see them
SHUFFLE = 2
PICTURE_TOKENS = (GRID // SHUFFLE) ** 2
VISION_WIDTH, VISION_HEADS, VISION_HIDDEN, VISION_LAYERS = 96, 4, 256, 2
EDGES = ((0, 1), (1, 0), (1, 1), (1, -1))  # neighbours down and across
TOLD = (20, 12, 4, 2, 14)  # for each patch: what, which colour, which size, whether its centre is here, what is behind
CENTRE = sum(TOLD[:3]) + 1
TOGETHER = 96  # what of a patch is told together: a colour with its form
WIDTH, HEADS, HIDDEN, LAYERS = 128, 4, 224, 3
HEAD = WIDTH // HEADS
THETA, EPSILON = 10000.0, 1e-5
POSITIONS = 512


class Convolution(nn.Module):
    """Without a bias of its own: the norm has one. The two are one convolution in the files."""

    def __init__(self, ins, outs, stride):
        super().__init__()
        self.conv = nn.Conv2d(ins, outs, 3, stride=stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outs)

    def forward(self, x):
        return self.norm(self.conv(x))

    def joined(self):
        scale = self.norm.weight / (self.norm.running_var + self.norm.eps).sqrt()
        made = nn.Conv2d(self.conv.in_channels, self.conv.out_channels, 3, stride=self.conv.stride, padding=1)
        made.weight.data = self.conv.weight.data * scale.data[:, None, None, None]
        made.bias.data = (self.norm.bias - self.norm.running_mean * scale).data
        return made


def edges(pixels):
    """How much each pixel differs from a neighbour, in whichever colour: a form is a form in all of them."""
    framed = F.pad(pixels, (1, 1, 1, 1), mode='replicate')
    near = lambda down, across: framed[:, :, 1 + down: 1 + down + SIDE, 1 + across: 1 + across + SIDE]
    return torch.cat([(near(*one) - pixels).abs().amax(1, keepdim=True) for one in EDGES], dim=1)


class VisionLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(VISION_WIDTH)
        self.qkv = nn.Linear(VISION_WIDTH, 3 * VISION_WIDTH)
        self.o = nn.Linear(VISION_WIDTH, VISION_WIDTH)
        self.norm2 = nn.LayerNorm(VISION_WIDTH)
        self.up = nn.Linear(VISION_WIDTH, VISION_HIDDEN)
        self.down = nn.Linear(VISION_HIDDEN, VISION_WIDTH)

    def forward(self, x):
        count, length, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(count, length, 3, VISION_HEADS, -1).permute(2, 0, 3, 1, 4)
        x = x + self.o(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Vision(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [(3 + len(EDGES), 32, 2), (32, 48, 2), (48, 48, 1), (48, VISION_WIDTH, 2), (VISION_WIDTH, VISION_WIDTH, 1)]
        self.stem = nn.ModuleList(Convolution(*size) for size in sizes)
        self.places = nn.Parameter(torch.randn(GRID * GRID, VISION_WIDTH) * 0.02)
        self.layers = nn.ModuleList(VisionLayer() for _ in range(VISION_LAYERS))
        self.norm = nn.LayerNorm(VISION_WIDTH)
        self.heads = nn.ModuleList(nn.Linear(VISION_WIDTH, count) for count in TOLD)
        self.connector = nn.Linear(sum(TOLD) * SHUFFLE * SHUFFLE + sum(TOLD), WIDTH)
        # A sum of colours and forms does not say which belong together; what a patch tells has to meet before patches are added up.
        self.together = nn.Linear(sum(TOLD), TOGETHER)
        self.connector_together = nn.Linear(TOGETHER * (SHUFFLE * SHUFFLE + 1), WIDTH, bias=False)
        nn.init.zeros_(self.connector_together.weight)
        self.cells = nn.Parameter(torch.randn(PICTURE_TOKENS, WIDTH) * 0.1)

    def patches(self, pixels):
        """[count, 3, 64, 64] from -1 to 1 -> [count, 64, width]"""
        x = torch.cat([pixels, edges(pixels)], dim=1)
        for conv in self.stem:
            made = conv(x)
            x = F.relu(x + made if x.shape == made.shape else made)
        x = x.flatten(2).transpose(1, 2) + self.places
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)

    def forward(self, pixels):
        """[count, 3, 64, 64] -> [count, 16, width of the decoder]"""
        return self.joined(self.told(self.patches(pixels)))

    def told(self, patches):
        """The heads learn from what stands where alone: to answers they would soon say whatever helps."""
        return torch.cat([head(patches).softmax(-1) for head in self.heads], dim=-1).detach()

    def joined(self, told):
        """What is told of four patches together, and of the whole picture: how much of everything it has."""
        centre = told[..., CENTRE: CENTRE + 1]
        whole = torch.cat([(told[..., :CENTRE] * centre).sum(1, keepdim=True) / 3, told[..., CENTRE:].mean(1, keepdim=True)], dim=-1)
        together = F.relu(self.together(told))
        pairs = torch.cat([fours(together), (together * centre).sum(1, keepdim=True).expand(-1, PICTURE_TOKENS, -1) / 3], dim=-1)
        told = torch.cat([fours(told), whole.expand(-1, PICTURE_TOKENS, -1)], dim=-1)
        return self.connector(told) + self.connector_together(pairs) + self.cells


def fours(patches):
    """[count, 64, width] -> [count, 16, 4 * width]: patches that become one token"""
    half, width = GRID // SHUFFLE, patches.shape[-1]
    return patches.view(-1, half, SHUFFLE, half, SHUFFLE, width).permute(0, 1, 3, 2, 4, 5).reshape(-1, PICTURE_TOKENS, width * SHUFFLE * SHUFFLE)


class RootNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + EPSILON) * self.weight


def turned(x, cos, sin):
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-right, left], dim=-1) * sin


def steps():
    return THETA ** (-torch.arange(0, HEAD, 2).float() / HEAD)


def angles():
    """cos and sin for each position: [positions, width of a head]"""
    angle = torch.arange(POSITIONS).float()[:, None] * steps()[None]
    angle = torch.cat([angle, angle], dim=-1)
    return angle.cos(), angle.sin()


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = RootNorm()
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.norm2 = RootNorm()
        self.gate, self.up = (nn.Linear(WIDTH, HIDDEN, bias=False) for _ in range(2))
        self.down = nn.Linear(HIDDEN, WIDTH, bias=False)

    def forward(self, x, cos, sin, mask, past=None, looks=None):
        """`past`: a list of the keys and values before, replaced by those up to now. `looks`: gets where each head looks."""
        split = lambda y: y.view(y.shape[0], y.shape[1], HEADS, HEAD).transpose(1, 2)
        normed = self.norm1(x)
        q, k, v = turned(split(self.q(normed)), cos, sin), turned(split(self.k(normed)), cos, sin), split(self.v(normed))
        if past is not None:
            past[:] = k, v = [torch.cat(pair, dim=2) for pair in zip(past, (k, v))] if past else [k, v]
        if looks is None:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            looks.append((q @ k.transpose(2, 3) * HEAD ** -0.5).masked_fill(~mask, -1e9).softmax(-1))
            mixed = looks[-1] @ v
        x = x + self.o(mixed.transpose(1, 2).reshape(x.shape))
        normed = self.norm2(x)
        return x + self.down(F.silu(self.gate(normed)) * self.up(normed))


class Eyes(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.vision = Vision()
        self.embed = nn.Embedding(vocabulary, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = RootNorm()
        cos, sin = angles()
        self.register_buffer('cos', cos, persistent=False)
        self.register_buffer('sin', sin, persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2 and not name.startswith('vision'):
                nn.init.normal_(parameter, std=WIDTH ** -0.5 * (0.5 if name.endswith(('o.weight', 'down.weight')) else 1))

    def decode(self, x, places, mask, pasts=None, looks=None):
        """[batch, length, width], [batch, length], [batch, 1, length, length] -> [batch, length, width]"""
        cos, sin = self.cos[places][:, None], self.sin[places][:, None]
        for i, layer in enumerate(self.layers):
            x = layer(x, cos, sin, mask, None if pasts is None else pasts[i], looks)
        return self.norm(x)

    def logits(self, hidden):
        return hidden @ self.embed.weight.T

    @torch.no_grad()
    def answer(self, prompts, features, picture, end, limit=48):
        """The likeliest token each time for prompts of ids; those of the token `picture` are replaced by `features`
        ([batch, 16, width] or None). Lists of ids without the end."""
        longest = max(map(len, prompts))
        tokens = torch.tensor([[end] * (longest - len(prompt)) + prompt for prompt in prompts])
        start = torch.tensor([longest - len(prompt) for prompt in prompts])
        x = self.embed(tokens)
        if features is not None:
            x[tokens == picture] = features.flatten(0, 1)
        steps = torch.arange(longest)
        mask = (steps[None, :] <= steps[:, None])[None] & (steps >= start[:, None])[:, None] | torch.eye(longest, dtype=torch.bool)
        places, pasts, made = (steps - start[:, None]).clamp(min=0), [[] for _ in self.layers], []
        done = torch.zeros(len(prompts), dtype=torch.bool)
        while not done.all() and len(made) < limit:
            following = self.logits(self.decode(x, places, mask[:, None], pasts)[:, -1]).argmax(-1)
            following[done] = end
            done |= following == end
            made.append(following)
            x, places = self.embed(following[:, None]), places[:, -1:] + 1
            mask = F.pad(mask[:, -1:], (0, 1), value=True)
        rows = torch.stack(made, dim=1).tolist()
        return [row[: row.index(end)] if end in row else row for row in rows]
