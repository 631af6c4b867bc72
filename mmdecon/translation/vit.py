"""ViT: queries, keys and values have one order everywhere, as rows of one matrix."""

from .table import Pair, Table

TABLES = (
    Table(
        'timm',
        'ViT',
        (
            Pair('cls_token', 'cls_token'),
            Pair('pos_embed', 'pos_embed'),
            Pair('patch_embed.projection.*', 'patch_embed.proj.*'),
            Pair('pre_norm.*', 'norm_pre.*'),
            Pair('layers.#.ln#.*', 'blocks.#.norm#.*'),
            Pair('layers.#.attn.qkv.*', 'blocks.#.attn.qkv.*'),
            Pair('layers.#.attn.proj.*', 'blocks.#.attn.proj.*'),
            Pair('layers.#.attn.gamma1.weight', 'blocks.#.ls1.gamma'),
            Pair('layers.#.ffn.layers.0.0.*', 'blocks.#.mlp.fc1.*'),
            Pair('layers.#.ffn.layers.1.*', 'blocks.#.mlp.fc2.*'),
            Pair('layers.#.ffn.gamma2.weight', 'blocks.#.ls2.gamma'),
            Pair('ln1.*', 'norm.*'),
        ),
    ),
    Table(
        'torchvision',
        'ViT',
        (
            Pair('cls_token', 'class_token'),
            Pair('pos_embed', 'encoder.pos_embedding'),
            Pair('patch_embed.projection.*', 'conv_proj.*'),
            Pair('layers.#.ln#.*', 'encoder.layers.encoder_layer_#.ln_#.*'),
            Pair('layers.#.attn.qkv.weight', 'encoder.layers.encoder_layer_#.self_attention.in_proj_weight'),
            Pair('layers.#.attn.qkv.bias', 'encoder.layers.encoder_layer_#.self_attention.in_proj_bias'),
            Pair('layers.#.attn.proj.*', 'encoder.layers.encoder_layer_#.self_attention.out_proj.*'),
            Pair('layers.#.ffn.layers.0.0.*', 'encoder.layers.encoder_layer_#.mlp.0.*'),
            Pair('layers.#.ffn.layers.1.*', 'encoder.layers.encoder_layer_#.mlp.3.*'),
            Pair('ln1.*', 'encoder.ln.*'),
        ),
    ),
)
