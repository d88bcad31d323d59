"""The reviewed part of the standard library: every name by hand, because most modules re-export others.

What is left out and why: everything that opens files, starts programs, loads code, looks into frames, or
returns one of these. A name that is not here is refused.
"""

from __future__ import annotations

# module -> names. A module without names may be imported and nothing in it used.
STANDARD: dict[str, str] = {
    "__future__": "annotations division print_function absolute_import unicode_literals generator_stop",
    "abc": "ABC abstractmethod",
    "base64": "b64encode b64decode standard_b64encode standard_b64decode urlsafe_b64encode urlsafe_b64decode "
    "b32encode b32decode b16encode b16decode b85encode b85decode a85encode a85decode encodebytes decodebytes",
    "binascii": "hexlify unhexlify a2b_base64 b2a_base64 a2b_hex b2a_hex crc32 crc_hqx Error",
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "cmath": "acos acosh asin asinh atan atanh cos cosh e exp inf infj isclose isfinite isinf isnan log log10 nan "
    "nanj phase pi polar rect sin sinh sqrt tan tanh tau",
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple UserDict UserList UserString",
    "collections.abc": "Callable Collection Container Generator Hashable ItemsView Iterable Iterator KeysView Mapping "
    "MappingView MutableMapping MutableSequence MutableSet Reversible Sequence Set Sized ValuesView ByteString",
    # not redirect_stdout, redirect_stderr, chdir: they change the process
    "contextlib": "contextmanager nullcontext suppress ExitStack closing ContextDecorator AbstractContextManager",
    "copy": "copy deepcopy",
    "datetime": "date datetime time timedelta timezone tzinfo UTC MINYEAR MAXYEAR",
    "decimal": "Decimal getcontext localcontext Context ROUND_CEILING ROUND_DOWN ROUND_FLOOR ROUND_HALF_DOWN "
    "ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP ROUND_05UP InvalidOperation DivisionByZero",
    # only to be imported and asked for (CL410): what they are for is a second class. Not make_dataclass, EnumType.
    "dataclasses": "asdict astuple dataclass field fields is_dataclass replace",
    "enum": "Enum Flag IntEnum IntFlag StrEnum auto unique",
    "fractions": "Fraction",
    # not update_wrapper, singledispatch: they copy attributes by name and evaluate annotations
    "functools": "partial partialmethod reduce wraps lru_cache cache cached_property cmp_to_key total_ordering",
    "hashlib": "md5 sha1 sha224 sha256 sha384 sha512 sha3_224 sha3_256 sha3_384 sha3_512 blake2b blake2s shake_128 "
    "shake_256",
    "heapq": "heappush heappop heapify heappushpop heapreplace merge nlargest nsmallest",
    "hmac": "new compare_digest digest",
    "html": "escape unescape",
    "io": "BytesIO StringIO SEEK_SET SEEK_CUR SEEK_END",  # not open, open_code, FileIO, TextIOWrapper
    "itertools": "accumulate chain combinations combinations_with_replacement compress count cycle dropwhile "
    "filterfalse groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest",
    "json": "dumps loads dump load JSONDecodeError JSONDecoder JSONEncoder",
    "keyword": "iskeyword kwlist",
    # not the handlers, formatters and managers: they open files and format with str.format
    "logging": "getLogger basicConfig Logger NullHandler debug info warning error exception critical log DEBUG INFO "
    "WARNING WARN ERROR CRITICAL FATAL NOTSET getLevelName captureWarnings",
    "math": "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 "
    "expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp "
    "lgamma log log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt tan tanh "
    "tau trunc ulp",
    "numbers": "Number Complex Real Rational Integral",
    # not attrgetter, methodcaller, call: they reach attributes by name
    "operator": "abs add and_ concat contains countOf eq floordiv ge getitem gt iadd iand iconcat ifloordiv ilshift "
    "imatmul imod imul index indexOf inv invert ior ipow irshift is_ is_not isub itemgetter itruediv ixor le "
    "length_hint lshift lt matmul mod mul ne neg not_ or_ pos pow rshift setitem sub truediv truth xor",
    "pprint": "pformat pprint",
    "random": "Random betavariate choice choices expovariate gammavariate gauss getrandbits getstate lognormvariate "
    "normalvariate paretovariate randbytes randint random randrange sample seed setstate shuffle triangular uniform "
    "vonmisesvariate weibullvariate",
    "re": "compile search match fullmatch split sub subn findall finditer escape error Pattern Match RegexFlag A ASCII "
    "DOTALL I IGNORECASE L LOCALE M MULTILINE NOFLAG S U UNICODE VERBOSE X",
    "secrets": "token_bytes token_hex token_urlsafe randbelow choice compare_digest",
    "statistics": "NormalDist StatisticsError correlation covariance fmean geometric_mean harmonic_mean "
    "linear_regression "
    "mean median median_grouped median_high median_low mode multimode pstdev pvariance quantiles stdev variance",
    # not Formatter, Template: they reach attributes from text
    "string": "ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits octdigits printable punctuation "
    "whitespace",
    # not pack_into: it writes into arrays of objects
    "struct": "Struct calcsize error iter_unpack pack unpack unpack_from",
    "textwrap": "TextWrapper dedent fill indent shorten wrap",
    "time": "asctime ctime gmtime localtime mktime monotonic monotonic_ns perf_counter perf_counter_ns process_time "
    "process_time_ns sleep strftime strptime struct_time thread_time time time_ns timezone tzname",
    "traceback": "format_exc print_exc",  # not walk_tb, extract_tb and the classes: they hand out frames
    "types": "SimpleNamespace NoneType",  # every other name is a key to the interpreter
    # not get_type_hints, ForwardRef, get_overloads: they evaluate text
    "typing": "AbstractSet Annotated Any AnyStr Callable ChainMap ClassVar Collection Concatenate Container "
    "ContextManager Counter DefaultDict Deque Dict Final FrozenSet Generator Generic Hashable ItemsView Iterable "
    "Iterator KeysView List Literal LiteralString Mapping MappingView Match MutableMapping MutableSequence MutableSet "
    "NamedTuple Never NewType NoReturn NotRequired Optional OrderedDict ParamSpec ParamSpecArgs ParamSpecKwargs "
    "Pattern Protocol Required Reversible Self Sequence Set Sized SupportsAbs SupportsBytes SupportsComplex "
    "SupportsFloat SupportsIndex SupportsInt SupportsRound TYPE_CHECKING Text Tuple Type TypeAlias TypeGuard TypeVar "
    "TypeVarTuple TypedDict Union Unpack ValuesView assert_never assert_type BinaryIO IO TextIO ByteString cast final "
    "get_args get_origin no_type_check overload runtime_checkable",
    "typing_extensions": "Annotated Any Callable ClassVar Concatenate Final Generic Literal LiteralString NamedTuple "
    "Never NewType NoReturn NotRequired Optional ParamSpec Protocol Required Self TYPE_CHECKING Tuple Type TypeAlias "
    "TypeGuard TypeIs TypeVar TypeVarTuple TypedDict Union Unpack assert_never assert_type deprecated final "
    "overload override runtime_checkable",
    "unicodedata": "bidirectional category combining decimal decomposition digit east_asian_width is_normalized lookup "
    "mirrored name normalize numeric unidata_version",
    "urllib": "",
    "urllib.parse": "quote quote_plus unquote unquote_plus urlencode urlparse urlsplit urlunparse parse_qs parse_qsl "
    "urljoin",
    "uuid": "uuid3 uuid4 uuid5 UUID NAMESPACE_DNS NAMESPACE_URL",
    "warnings": "warn filterwarnings simplefilter",  # not catch_warnings: it holds its module
    "zlib": "compress decompress crc32 adler32 compressobj decompressobj error",
    "gzip": "compress decompress BadGzipFile",  # not open, GzipFile
    "bz2": "compress decompress",
    "lzma": "compress decompress LZMAError",
    "array": "array",
    "colorsys": "hls_to_rgb hsv_to_rgb rgb_to_hls rgb_to_hsv rgb_to_yiq yiq_to_rgb",
    "difflib": "SequenceMatcher get_close_matches ndiff unified_diff",
    "calendar": "monthrange isleap weekday",
}
