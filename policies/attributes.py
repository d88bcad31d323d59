"""Attribute names that lead out of a model, whatever object they are asked of.

Values are never modules (a rule sees to that), so these names are a second wall: what a library hands out by
mistake still can't be walked on from.
"""

from __future__ import annotations

# Special names that may be read of any object: texts about it, and protocol methods that only compute.
# Of a class in a variable they are plain functions, so none of them may read or write by a name it is given.
ANY_DUNDERS = frozenset(
    (
        "__name__ __qualname__ __doc__ __version__ __constants__ __abs__ __add__ __bool__ __call__ __div__ __divmod__ "
        "__enter__ __eq__ __exit__ __float__ __floordiv__ __ge__ __gt__ __hash__ __iadd__ __index__ __int__ __invert__ "
        "__iter__ __le__ __len__ __lt__ __matmul__ __mod__ __mul__ __ne__ __neg__ __next__ __pos__ __pow__ __radd__ "
        "__repr__ __rmatmul__ __rmul__ __round__ __rsub__ __rtruediv__ __str__ __sub__ __truediv__"
    ).split()
)

# Those that may be read of the model: self, super().
DUNDERS = ANY_DUNDERS | frozenset(
    (
        "__and__ __contains__ __copy__ __deepcopy__ __delitem__ __format__ __getitem__ __init__ __or__ __reversed__ "
        "__setitem__ __xor__"
    ).split()
)

# Special names that may be read of super() only: on other objects they set any attribute.
STATE_DUNDERS = frozenset({"__getstate__", "__setstate__"})

# What a module keeps its parts in: a module has an attribute for each key.
REGISTRIES = frozenset({"_buffers", "_parameters", "_modules"})

# Special names that may be assigned to an object: texts about it.
STORED_DUNDERS = frozenset({"__name__", "__qualname__", "__doc__"})

# Frames, code, generators, coroutines, tracebacks: each leads to the globals of somebody else's module.
INTROSPECTION = frozenset(
    (
        "gi_code gi_frame gi_running gi_suspended gi_yieldfrom cr_await cr_code cr_frame cr_origin cr_running "
        "cr_suspended ag_await ag_code ag_frame ag_running ag_suspended tb_frame tb_lasti tb_lineno tb_next f_back "
        "f_builtins f_code f_generator f_globals f_lasti f_lineno f_locals f_trace f_trace_lines f_trace_opcodes "
        "co_argcount co_cellvars co_code co_consts co_exceptiontable co_filename co_firstlineno co_flags co_freevars "
        "co_kwonlyargcount co_lines co_linetable co_lnotab co_name co_names co_nlocals co_positions "
        "co_posonlyargcount co_qualname co_stacksize co_varnames co_branches func_closure func_code func_defaults "
        "func_dict func_doc func_globals func_name im_class im_func im_self cell_contents mro"
    ).split()
)

_FILES = "There are no files; take and return bytes."
_MEMORY = "Raw memory is closed; use the tensor or array itself."
_MODULE = "A module is reached by an import statement only."
_PROGRAM = "A model starts nothing and loads no code."
_LOGGING = "Use the logger's methods that write."
_RAW = "Make new bytes or a new array instead of writing into one."

# Names of power that a model may not even have itself.
ALWAYS: dict[str, str] = {
    **dict.fromkeys("tofile fromfile dumps from_file save_ppm font_variant".split(), _FILES),
    **dict.fromkeys(
        "ctypes cffi data_ptr untyped_storage typed_storage UntypedStorage TypedStorage to_dlpack from_dlpack "
        "unsafe_ptrs".split(),
        _MEMORY,
    ),
    **dict.fromkeys(
        "load_library load_inline load_url load_state_dict_from_url".split(), "Weights are loaded for you."
    ),
    **dict.fromkeys(
        "os sys builtins importlib subprocess ctypeslib posix shutil socket marshal runpy pty "
        "cpp_extension bltns".split(),
        _MODULE,
    ),
    **dict.fromkeys(
        "popen Popen environ getenv putenv execv execve execl execvp spawnv spawnl spawnlp forkpty check_output "
        "check_call getoutput getstatusoutput import_module find_spec exec_module load_module create_module get_code "
        "open_code settrace setprofile currentframe get_objects get_referrers get_referents".split(),
        _PROGRAM,
    ),
    **dict.fromkeys("fget fset fdel".split(), "Use the property."),
    **dict.fromkeys("makeRecord addFilter addHandler lastResort callHandlers".split(), _LOGGING),
    **dict.fromkeys("readinto readinto1 pack_into".split(), _RAW),
    "attrname": "Name the property where it is defined.",
    "lr_lambdas": "Give the scheduler its functions when it is made.",
    "format_map": "Use an f-string.",
    "get_device_module": "Use torch.cuda.",
    "arg_constraints": "Use the distribution as it is.",
    "register_open": "Pass the bytes through io.BytesIO.",
}

# Names of power that are closed on other objects; a model's own attributes may have them.
POWERFUL: dict[str, str] = {
    **ALWAYS,
    **dict.fromkeys("dump memmap filename".split(), _FILES),
    **dict.fromkeys("storage".split(), _MEMORY),
    **dict.fromkeys("pickle inspect gc multiprocessing cloudpickle dill linecache atexit copyreg".split(), _MODULE),
    **dict.fromkeys("system".split(), _PROGRAM),
    **dict.fromkeys("handlers manager stream handle emit".split(), _LOGGING),
    "cast": "Use .to(...) or .astype(...).",
    "compile": "The compiler is closed; call the module as it is.",
    "func": "Call the function where it is defined.",
    "obj": "Read error.args, or str(error).",
    "show": "Return the picture as bytes.",
}

# Methods that a rule judges by how they are called: they are called where they stand, and not asked for by a text.
CALLED_IN_PLAIN = frozenset({"save", "tobytes", "frombytes", "frombuffer", "resize", "_apply"})

# Private names of other objects that ordinary models use.
PRIVATE = frozenset(
    (
        "_modules _parameters _buffers _asdict _fields _make _replace _field_defaults _get_name _apply _version "
        "_load_from_state_dict _save_to_state_dict _load_state_dict_pre_hooks _state_dict_hooks "
        "_register_state_dict_hook _register_load_state_dict_pre_hook _non_persistent_buffers_set _named_members "
        "_is_full_backward_hook _forward_hooks _forward_pre_hooks _backward_hooks _reset_parameters _initialized "
        "_check_input_dim _conv_forward _qkv_same_embed_dim _init_weights _flat_weights _flat_weights_names _no_grad "
        "_is_hf_initialized _reversed_padding_repeated_twice _output_padding _pair _grad _nnz _indices _values _hook "
        "_optim _no_weight_decay _no_reinit _skip_init"
    ).split()
)

# Private names that lead to modules, raw memory or unpickling: refused even when a model has its own of that name.
PRIVATE_POWERFUL = frozenset(
    (
        "_C _ctypes _cffi _os _sys _io _re _thread _module _modules_ _weakref _warnings _pickle _codecs _frozen "
        "_bootstrap _getframe _current_frames _exit _load_from_bytes _write_file _cdata _set_cdata _new_with_file "
        "_from_buffer _new_using_filename_cpu _new_using_fd_cpu _import_module _import_dotted_name _jit_internal "
        "_dynamo _inductor _ops _classes _builtins _wrapped _func _evaluate _eval_type _globals _sock _make_subclass "
        "_make_wrapper_subclass _decref_fn _new_with_weak_ptr _free_weak_ref _weak_ref _data_ptr _set_from_file "
        "_share_fd_cpu_ _share_filename_cpu_ _shared_incref _shared_decref _new_shared _typed_storage "
        "_swap_data_ptr_ _resize_with_addr_ _dump _reduce_ex_internal _key_to_attr _all_weights _flat_weights_names"
    ).split()
)


def own_name(name: str) -> bool:
    """Whether the name is private: one underscore, or two without two at the end."""
    return name.startswith("_") and not special(name) and name != "_"


def special(name: str) -> bool:
    """Whether the name is one of Python's own: two underscores on both ends."""
    return name.startswith("__") and name.endswith("__") and len(name) > 4


def dangerous_names() -> frozenset[str]:
    """Every name that some rule refuses as an attribute by that name alone, special names excepted."""
    return INTROSPECTION | frozenset(POWERFUL) | PRIVATE_POWERFUL | CALLED_IN_PLAIN | {"format"}
