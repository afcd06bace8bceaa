"""The codes of PLC exceptions, as the runtime systems of CODESYS and TwinCAT number them.

Source: the data type __SYSTEM.ExceptionCode in the public documentation of both. The emulated PLC gives those
of `Code`; the others are names that programs compare with.
"""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """What the emulated PLC itself tells."""

    UNKNOWN = 0xFFFFFFFF
    OUT_OF_MEMORY = 0x1C
    ACCESS_VIOLATION = 0x51
    STACK_OVERFLOW = 0x54
    ARRAYBOUNDS = 0x101
    DIVIDEBYZERO = 0x102
    OVERFLOW = 0x103
    FPU_INVALID_OPERATION = 0x154


CODES: dict[str, int] = {
    "UNKNOWN": 0xFFFFFFFF, "NOEXCEPTION": 0, "WATCHDOG": 0x10, "HARDWAREWATCHDOG": 0x11,
    "IO_CONFIG_ERROR": 0x12, "PROGRAMCHECKSUM": 0x13, "FIELDBUS_ERROR": 0x14,
    "IOUPDATE_ERROR": 0x15, "CYCLE_TIME_EXCEED": 0x16,
    "ONLCHANGE_PROGRAM_EXCEEDED": 0x17, "UNRESOLVED_EXTREFS": 0x18, "DOWNLOAD_REJECTED": 0x19,
    "BOOTPROJECT_REJECTED_DUE_RETAIN_ERROR": 0x1A, "LOADBOOTPROJECT_FAILED": 0x1B, "OUT_OF_MEMORY": 0x1C,
    "RETAIN_MEMORY_ERROR": 0x1D, "BOOTPROJECT_CRASH": 0x1E, "BOOTPROJECTTARGETMISMATCH": 0x21,
    "SCHEDULEERROR": 0x22, "FILE_CHECKSUM_ERR": 0x23, "RETAIN_IDENTITY_MISMATCH": 0x24,
    "IEC_TASK_CONFIG_ERROR": 0x25, "APP_TARGET_MISMATCH": 0x26, "ILLEGAL_INSTRUCTION": 0x50,
    "ACCESS_VIOLATION": 0x51, "PRIV_INSTRUCTION": 0x52, "IN_PAGE_ERROR": 0x53, "STACK_OVERFLOW": 0x54,
    "INVALID_DISPOSITION": 0x55, "INVALID_HANDLE": 0x56, "GUARD_PAGE": 0x57, "DOUBLE_FAULT": 0x58,
    "INVALID_OPCODE": 0x59, "MISALIGNMENT": 0x100, "ARRAYBOUNDS": 0x101, "DIVIDEBYZERO": 0x102,
    "OVERFLOW": 0x103, "NONCONTINUABLE": 0x104, "PROCESSORLOAD_WATCHDOG": 0x105, "FPU_ERROR": 0x150,
    "FPU_DENORMAL_OPERAND": 0x151, "FPU_DIVIDEBYZERO": 0x152, "FPU_INEXACT_RESULT": 0x153,
    "FPU_INVALID_OPERATION": 0x154, "FPU_OVERFLOW": 0x155, "FPU_STACK_CHECK": 0x156, "FPU_UNDERFLOW": 0x157,
    "VENDOR_EXCEPTION_BASE": 0x2000, "USER_EXCEPTION_BASE": 0x10000,
}  # fmt: skip


def declaration() -> str:
    """The enumeration as Structured Text."""
    members = ", ".join(f"RTSEXCPT_{name} := 16#{code:X}" for name, code in CODES.items())
    return f"TYPE ExceptionCode : ({members}) UDINT; END_TYPE\n"
