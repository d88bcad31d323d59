"""Parts of torch, numpy and PIL of which only some names are open: every name by hand."""

from __future__ import annotations

PICKED: dict[str, str] = {
    "torch.amp": "autocast GradScaler is_autocast_available custom_fwd custom_bwd",
    "torch.ao": "",
    "torch.ao.quantization": "QuantStub DeQuantStub QuantWrapper quantize_dynamic fuse_modules default_dynamic_qconfig "
    "float16_dynamic_qconfig",
    "torch.autograd": "Variable backward grad no_grad enable_grad inference_mode set_grad_enabled set_detect_anomaly "
    "detect_anomaly",
    "torch.autograd.functional": "hessian hvp jacobian jvp vhp vjp",
    "torch.backends": "",
    "torch.backends.cuda": "is_built enable_flash_sdp enable_math_sdp enable_mem_efficient_sdp flash_sdp_enabled "
    "math_sdp_enabled mem_efficient_sdp_enabled sdp_kernel",
    "torch.backends.cuda.matmul": "allow_tf32 allow_fp16_reduced_precision_reduction "
    "allow_bf16_reduced_precision_reduction",
    "torch.backends.cudnn": "allow_tf32 benchmark deterministic enabled is_available version",
    "torch.backends.mkldnn": "is_available enabled",
    "torch.backends.mps": "is_available is_built",
    "torch.backends.openmp": "is_available",
    "torch.backends.quantized": "engine supported_engines",
    "torch.compiler": "is_compiling is_dynamo_compiling",  # not compile, disable: they start the compiler
    "torch.cuda": "is_available device_count current_device get_device_name get_device_capability "
    "get_device_properties is_bf16_supported is_initialized empty_cache synchronize manual_seed manual_seed_all seed "
    "seed_all max_memory_allocated max_memory_reserved memory_allocated memory_reserved mem_get_info "
    "reset_peak_memory_stats set_device device stream Stream current_stream default_stream Event FloatTensor "
    "HalfTensor "
    "LongTensor IntTensor BoolTensor ByteTensor DoubleTensor OutOfMemoryError",
    "torch.cuda.amp": "autocast GradScaler custom_fwd custom_bwd",
    "torch.distributed": "is_available is_initialized get_rank get_world_size",  # asks, joins nothing
    "torch.distributions.constraints": "Constraint boolean cat corr_cholesky dependent dependent_property greater_than "
    "greater_than_eq half_open_interval independent integer_interval interval is_dependent less_than "
    "lower_cholesky lower_triangular multinomial nonnegative nonnegative_integer one_hot positive "
    "positive_definite positive_integer positive_semidefinite real real_vector simplex square stack symmetric "
    "unit_interval",
    "torch.func": "vmap grad grad_and_value functional_call hessian jacfwd jacrev jvp vjp stack_module_state "
    "replace_all_batch_norm_modules_",
    "torch.functional": "einsum norm split stft unique unique_consecutive cdist tensordot meshgrid cartesian_prod",
    # only what marks code: nothing that compiles, traces or loads
    "torch.jit": "Final annotate export ignore is_scripting is_tracing isinstance unused",
    "torch.mps": "is_available empty_cache manual_seed synchronize",
    "torch.nested": "nested_tensor as_nested_tensor to_padded_tensor narrow masked_select",
    "torch.nn.attention": "SDPBackend sdpa_kernel",
    "torch.nn.common_types": "_size_any_t _size_1_t _size_2_t _size_3_t _size_4_t _size_5_t _size_6_t _ratio_2_t "
    "_ratio_3_t _ratio_any_t _tensor_list_t _scalar_or_tuple_any_t",
    "torch.nn.modules.module": "Module",  # not the hooks that hold for every module of the process
    "torch.nn.modules.utils": "_single _pair _triple _quadruple _ntuple _reverse_repeat_tuple",
    "torch.nn.parallel": "DataParallel data_parallel",
    "torch.nn.parameter": "Parameter Buffer UninitializedBuffer UninitializedParameter",
    "torch.nn.utils": "clip_grad_norm_ clip_grad_value_ fuse_conv_bn_eval fuse_linear_bn_eval parameters_to_vector "
    "vector_to_parameters weight_norm remove_weight_norm spectral_norm remove_spectral_norm skip_init "
    "convert_conv2d_weight_memory_format",
    "torch.nn.utils.fusion": "fuse_conv_bn_eval fuse_linear_bn_eval fuse_conv_bn_weights",
    "torch.nn.utils.parametrizations": "orthogonal spectral_norm weight_norm",
    "torch.nn.utils.parametrize": "register_parametrization remove_parametrizations is_parametrized cached",
    "torch.nn.utils.prune": "global_unstructured identity is_pruned l1_unstructured ln_structured random_structured "
    "random_unstructured remove",
    "torch.nn.utils.rnn": "PackedSequence pack_padded_sequence pack_sequence pad_packed_sequence pad_sequence "
    "unpack_sequence unpad_sequence invert_permutation",
    "torch.onnx": "is_in_onnx_export",
    "torch.optim.lr_scheduler": "ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR "
    "ExponentialLR LambdaLR "
    "LinearLR LRScheduler MultiStepLR MultiplicativeLR OneCycleLR PolynomialLR ReduceLROnPlateau SequentialLR StepLR",
    "torch.quantization": "QuantStub DeQuantStub QuantWrapper quantize_dynamic fuse_modules",
    "torch.random": "manual_seed seed initial_seed get_rng_state set_rng_state fork_rng",
    "torch.signal": "",
    "torch.sparse": "addmm log_softmax mm sampled_addmm softmax spdiags sum",
    "torch.types": "Device Number _size _int _float _bool _dtype _device _TensorOrTensors",
    "torch.utils": "",
    "torch.utils.data": "",  # tutorials import it at the top; what is in it starts processes and is a second class
    "torch.utils.checkpoint": "checkpoint checkpoint_sequential",
    "torch.version": "cuda hip",
    # private names that custom layers use, in modules that are walked
    "torch.nn.init": "_calculate_fan_in_and_fan_out _calculate_correct_fan _no_grad_normal_ _no_grad_uniform_ "
    "_no_grad_trunc_normal_ _no_grad_fill_ _no_grad_zero_",
    "torch.nn.modules.batchnorm": "_BatchNorm _NormBase",
    "torch.nn.modules.conv": "_ConvNd _ConvTransposeNd",
    "torch.nn.modules.dropout": "_DropoutNd",
    "torch.nn.modules.instancenorm": "_InstanceNorm",
    "torch.nn.modules.loss": "_Loss _WeightedLoss",
    "torch.nn.modules.padding": "_ConstantPadNd _ReflectionPadNd _ReplicationPadNd",
    "torch.nn.modules.pooling": "_AdaptiveAvgPoolNd _AdaptiveMaxPoolNd _AvgPoolNd _MaxPoolNd",
    "torch.nn.functional": "_canonical_mask _none_or_dtype _in_projection _in_projection_packed",
    "torch": "_assert _check",
    "torch.xpu": "is_available",
    "numpy.exceptions": "AxisError ComplexWarning DTypePromotionError RankWarning TooHardError "
    "VisibleDeprecationWarning",
    "numpy.polynomial": "Chebyshev Hermite HermiteE Laguerre Legendre Polynomial",
    "numpy.random": "Generator MT19937 PCG64 PCG64DXSM Philox RandomState SFC64 SeedSequence beta binomial bytes "
    "chisquare choice default_rng dirichlet exponential f gamma geometric get_state gumbel hypergeometric laplace "
    "logistic lognormal logseries multinomial multivariate_normal negative_binomial normal pareto permutation poisson "
    "power rand randint randn random random_sample rayleigh sample seed set_state shuffle standard_normal standard_t "
    "triangular uniform vonmises weibull zipf",
    "numpy.typing": "ArrayLike DTypeLike NDArray",
    "PIL": "UnidentifiedImageError",
    "PIL.Image": "ADAPTIVE AFFINE BICUBIC BILINEAR BOX DecompressionBombError DecompressionBombWarning Dither EXTENT "
    "Exif FASTOCTREE FLIP_LEFT_RIGHT FLIP_TOP_BOTTOM FLOYDSTEINBERG HAMMING Image LANCZOS LIBIMAGEQUANT MAXCOVERAGE "
    "MAX_IMAGE_PIXELS MEDIANCUT MESH NEAREST NONE ORDERED PERSPECTIVE Palette QUAD Quantize RASTERIZE ROTATE_180 "
    "ROTATE_270 ROTATE_90 Resampling TRANSPOSE TRANSVERSE Transform Transpose UnidentifiedImageError WEB "
    "alpha_composite blend composite fromarray frombuffer frombytes getmodebands getmodebase linear_gradient merge new "
    "open radial_gradient",
    "PIL.ImageColor": "getcolor getrgb",
    "PIL.ImageDraw": "Draw ImageDraw floodfill",
    "PIL.ImageFile": "LOAD_TRUNCATED_IMAGES",
    "PIL.ImageFont": "load_default",  # not truetype and load: they open files
    "PIL.ImageStat": "Stat",
}

# What may be assigned: switches that people set at the top of a file.
SETTABLE = frozenset(
    {
        "torch.backends.cudnn.allow_tf32",
        "torch.backends.cudnn.benchmark",
        "torch.backends.cudnn.deterministic",
        "torch.backends.cudnn.enabled",
        "torch.backends.cuda.matmul.allow_tf32",
        "torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction",
        "torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction",
        "torch.backends.mkldnn.enabled",
        "torch.backends.quantized.engine",
        "PIL.Image.MAX_IMAGE_PIXELS",
        "PIL.ImageFile.LOAD_TRUNCATED_IMAGES",
    }
)
