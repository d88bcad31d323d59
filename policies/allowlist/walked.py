"""Parts of torch, numpy and PIL that are open as a whole, but for the names left out here, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Walk:
    """One module whose public names are listed by walking it.

    ``classes`` restricts the names that start with a capital letter, because in torch's root these are mostly
    the innards of TorchScript. ``own`` keeps only what was defined in this very module.
    """

    without: dict[str, str] = field(default_factory=dict)
    classes: str | None = None
    own: bool = False
    also: str = ""


_TORCH_WITHOUT = {
    "load": "unpickles: runs what the file says",
    "save": "pickles into files",
    "compile": "starts a compiler and writes its cache",
    "cond": "goes through the compiler",
    "while_loop": "goes through the compiler",
    "from_file": "maps files",
    "fork": "starts threads of TorchScript",
    "wait": "waits for them",
    "get_file_path": "tells where torch is installed",
    "get_device_module": "hands out a module",
    "from_dlpack": "takes raw memory",
    "to_dlpack": "hands out raw memory",
    "import_ir_module": "loads TorchScript",
    "import_ir_module_from_buffer": "loads TorchScript",
    "parse_ir": "loads TorchScript",
    "parse_schema": "part of TorchScript",
    "parse_type_comment": "part of TorchScript",
    "merge_type_from_type_comment": "part of TorchScript",
    "unify_type_list": "part of TorchScript",
    "prepare_multiprocessing_environment": "changes the process",
    "profiler_allow_cudagraph_cupti_lazy_reinit_cuda12": "changes the process",
    "set_default_tensor_type": "imports what a string names",
    "classproperty": "part of torch's own class building",
    "init_num_threads": "changes the process",
    "thread_safe_generator": "part of torch's data loading",
    "is_storage": "raw memory",
}

WALKED: dict[str, Walk] = {
    "torch": Walk(
        without=_TORCH_WITHOUT,
        classes="Tensor Size Generator Stream Event GradScaler OutOfMemoryError SymBool SymFloat SymInt BFloat16Tensor "
        "BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor ShortTensor",
        also="__version__",
    ),
    "torch.distributions": Walk(without={"register_kl": "changes torch for everybody"}),
    **{
        f"torch.distributions.{name}": Walk(own=True)
        for name in (
            "bernoulli beta binomial categorical cauchy chi2 continuous_bernoulli dirichlet distribution exp_family "
            "exponential fishersnedecor gamma generalized_pareto geometric gumbel half_cauchy half_normal independent "
            "inverse_gamma kumaraswamy laplace lkj_cholesky log_normal logistic_normal lowrank_multivariate_normal "
            "mixture_same_family multinomial multivariate_normal negative_binomial normal one_hot_categorical pareto "
            "poisson relaxed_bernoulli relaxed_categorical studentT transformed_distribution uniform von_mises weibull "
            "wishart"
        ).split()
    },
    "torch.distributions.transforms": Walk(own=True),
    "torch.distributions.utils": Walk(
        own=True, without={"lazy_property": "sets any attribute: the one its function's name says"}
    ),
    "torch.fft": Walk(without={"Tensor": "stands in torch"}),
    "torch.linalg": Walk(),
    "torch.nn": Walk(without={"factory_kwargs": "part of torch's own class building"}),
    "torch.nn.functional": Walk(
        without={
            "BroadcastingList1": "part of TorchScript",
            "BroadcastingList2": "part of TorchScript",
            "BroadcastingList3": "part of TorchScript",
            "boolean_dispatch": "part of TorchScript",
            "handle_torch_function": "part of torch's dispatch",
            "has_torch_function": "part of torch's dispatch",
            "has_torch_function_unary": "part of torch's dispatch",
            "has_torch_function_variadic": "part of torch's dispatch",
            "reproducibility_notes": "text for torch's documentation",
            "sparse_support_notes": "text for torch's documentation",
            "tf32_notes": "text for torch's documentation",
            "assert_int_or_pair": "part of TorchScript",
        },
    ),
    "torch.nn.init": Walk(own=True),
    "torch.nn.modules": Walk(),
    **{
        f"torch.nn.modules.{name}": Walk(own=True)
        for name in (
            "activation adaptive batchnorm channelshuffle container conv distance dropout flatten fold instancenorm "
            "linear loss normalization padding pixelshuffle pooling rnn sparse transformer upsampling"
        ).split()
    },
    "torch.optim": Walk(without={"swap_in_optimizer_params_and_state": "part of torch's own training loop"}),
    "torch.signal.windows": Walk(own=False),
    "torch.special": Walk(without={"Tensor": "stands in torch"}),
    "numpy": Walk(
        without={
            "bmat": "looks names up in the caller's frame",
            "from_dlpack": "takes raw memory",
            "fromfile": "reads files",
            "fromregex": "reads files",
            "genfromtxt": "reads files",
            "get_include": "tells where numpy is installed",
            "getbufsize": "part of numpy's tuning",
            "geterrcall": "part of numpy's tuning",
            "info": "reads sources",
            "load": "unpickles and reads files",
            "loadtxt": "reads files",
            "memmap": "maps files",
            "recarray": "sets fields by attribute name",
            "record": "sets fields by attribute name",
            "save": "writes files",
            "savetxt": "writes files",
            "savez": "writes files",
            "savez_compressed": "writes files",
            "setbufsize": "part of numpy's tuning",
            "seterrcall": "calls what it is given",
            "show_config": "tells how numpy was built",
            "show_runtime": "tells what it runs on",
            "test": "runs numpy's tests",
        },
        also="__version__",
    ),
    "numpy.fft": Walk(without={"test": "runs numpy's tests"}),
    "numpy.linalg": Walk(without={"test": "runs numpy's tests"}),
    "PIL.ImageChops": Walk(own=True),
    "PIL.ImageEnhance": Walk(own=True),
    "PIL.ImageFilter": Walk(own=True),
    "PIL.ImageOps": Walk(own=True),
}
