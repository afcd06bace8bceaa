"""What TwinCAT's own libraries declare and an emulated PLC can have: texts, memory, tasks, virtual time.

A program in the dialect `twincat` that uses one of these names and does not declare it gets its text compiled
with it. What needs files, ADS or the operating system is not here; it is a stub where stubs are asked for.
Source of names, parameters and behaviour: the public documentation of Tc2_System, Tc2_Utilities and of the
global data types of TwinCAT 3 (PlcTaskSystemInfo, PlcAppSystemInfo, GETCURTASKINDEXEX, GETCPUCOUNTER,
FB_MemRingBuffer, X_TO_HEXSTR, F_ToUCase ...). The values of `_TaskInfo` come from system_info.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from commissioning.plc.standard.twincat_texts import TEXT_FUNCTIONS

# the list of globals is a file of its own, because a list is named after its file
SYSTEM_LIST = "TwinCAT_SystemInfoVarList"
TASK_INFO, APP_INFO = "_TaskInfo", "_AppInfo"
CURRENT_TASK = "_CurrentTaskIndex"  # not TwinCAT's: what GETCURTASKINDEX gives
MOST_TASKS = 64
LIBRARY_NAME = "TwinCAT libraries"

_TYPES = {
    "T_MAXSTRING": "TYPE T_MaxString : STRING(255); END_TYPE",
    "OTCID": "TYPE OTCID : UDINT; END_TYPE",
    "ST_LIBVERSION": """
TYPE ST_LibVersion : STRUCT
    iMajor, iMinor, iBuild, iRevision : UINT; nFlags : DWORD; sVersion : STRING(23);
END_STRUCT END_TYPE
""",
    "PLCTASKSYSTEMINFO": """
TYPE PlcTaskSystemInfo : STRUCT
    ObjId : OTCID; CycleTime : UDINT; Priority, AdsPort : UINT; CycleCount : UDINT; DcTaskTime : LINT;
    LastExecTime : UDINT; FirstCycle, CycleTimeExceeded, InCallAfterOutputUpdate, RTViolation : BOOL;
    TaskName : STRING(63);
END_STRUCT END_TYPE
""",
    "PLCAPPSYSTEMINFO": """
TYPE PlcAppSystemInfo : STRUCT
    ObjId : OTCID; TaskCnt, OnlineChangeCnt : UDINT; Flags : DWORD; AdsPort : UINT;
    BootDataLoaded, OldBootData : BOOL; AppTimestamp : DT;
    KeepOutputsOnBP, ShutdownInProgress, LicensesPending, BSODOccured, LoggedIn : BOOL;
    AppName, ProjectName : STRING(63);
END_STRUCT END_TYPE
""",
}
_CONSTANTS = {
    "MAX_STRING_LENGTH": "UDINT := 255",
    "ADSLOG_MSGTYPE_HINT": "DWORD := 16#01",
    "ADSLOG_MSGTYPE_WARN": "DWORD := 16#02",
    "ADSLOG_MSGTYPE_ERROR": "DWORD := 16#04",
    "ADSLOG_MSGTYPE_LOG": "DWORD := 16#10",
    "ADSLOG_MSGTYPE_MSGBOX": "DWORD := 16#20",
    "ADSLOG_MSGTYPE_RESOURCE": "DWORD := 16#40",
    "ADSLOG_MSGTYPE_STRING": "DWORD := 16#80",
}
_SYSTEM = {
    "GETCURTASKINDEX": f"""
FUNCTION_BLOCK GETCURTASKINDEX
VAR_OUTPUT index : BYTE; END_VAR
index := DINT_TO_BYTE({CURRENT_TASK});
END_FUNCTION_BLOCK
""",
    "GETCURTASKINDEXEX": f"""
FUNCTION GETCURTASKINDEXEX : DINT
GETCURTASKINDEXEX := {CURRENT_TASK};
END_FUNCTION
""",
    # ticks of 100 ns since the PLC started; within one scan no time passes
    "GETCPUCOUNTER": """
FUNCTION_BLOCK GETCPUCOUNTER
VAR_OUTPUT cpuCntLoDW, cpuCntHiDW : UDINT; END_VAR
VAR ticks : ULINT; END_VAR
ticks := LTIME_TO_ULINT(LTIME()) / 100;
cpuCntLoDW := ULINT_TO_UDINT(ticks AND 16#FFFFFFFF);
cpuCntHiDW := ULINT_TO_UDINT(SHR(ticks, 32));
END_FUNCTION_BLOCK
""",
    # each record lies in the buffer as its length (4 bytes) and its bytes, and goes on at the beginning where
    # the buffer ends
    "FB_MEMRINGBUFFER": """
FUNCTION_BLOCK FB_MemRingBuffer
VAR_INPUT
    pWrite : POINTER TO BYTE; cbWrite : UDINT; pRead : POINTER TO BYTE; cbRead : UDINT;
    pBuffer : POINTER TO BYTE; cbBuffer : UDINT;
END_VAR
VAR_OUTPUT bOk : BOOL; nCount, cbSize, cbReturn : UDINT; END_VAR
VAR head, tail, length : UDINT; END_VAR
METHOD PRIVATE put
VAR_INPUT source : POINTER TO BYTE; n : UDINT; END_VAR
VAR part : UDINT; END_VAR
part := MIN(n, cbBuffer - tail);
MEMCPY(pBuffer + tail, source, part);
MEMCPY(pBuffer, source + part, n - part);
tail := (tail + n) MOD cbBuffer;
END_METHOD
METHOD PRIVATE take
VAR_INPUT target : POINTER TO BYTE; n, start : UDINT; END_VAR
VAR part, place : UDINT; END_VAR
place := start MOD cbBuffer;
part := MIN(n, cbBuffer - place);
MEMCPY(target, pBuffer + place, part);
MEMCPY(target + part, pBuffer, n - part);
END_METHOD
METHOD PRIVATE readHead
cbReturn := 0;
bOk := pBuffer <> 0 AND cbBuffer <> 0 AND nCount > 0;
IF NOT bOk THEN RETURN; END_IF
take(ADR(length), 4, head);
cbReturn := length;
bOk := pRead <> 0 AND length <= cbRead;
IF bOk THEN take(pRead, length, head + 4); END_IF
END_METHOD
ACTION A_AddTail:
bOk := pWrite <> 0 AND pBuffer <> 0 AND cbWrite <> 0 AND cbSize + cbWrite + 4 <= cbBuffer;
cbReturn := 0;
IF bOk THEN
    length := cbWrite;
    put(ADR(length), 4);
    put(pWrite, cbWrite);
    nCount := nCount + 1; cbSize := cbSize + cbWrite + 4;
END_IF
END_ACTION
ACTION A_GetHead:
readHead();
END_ACTION
ACTION A_RemoveHead:
readHead();
IF bOk THEN
    head := (head + length + 4) MOD cbBuffer;
    nCount := nCount - 1; cbSize := cbSize - length - 4;
END_IF
END_ACTION
ACTION A_Reset:
head := 0; tail := 0; nCount := 0; cbSize := 0; cbReturn := 0; bOk := TRUE;
END_ACTION
END_FUNCTION_BLOCK
""",
}
_LIST = f"""VAR_GLOBAL
    {CURRENT_TASK} : DINT;
    {TASK_INFO} : ARRAY[1..{MOST_TASKS}] OF PlcTaskSystemInfo;
    {APP_INFO} : PlcAppSystemInfo;
END_VAR
"""
_UNITS = _TYPES | _SYSTEM | TEXT_FUNCTIONS
_LISTED = ("_TASKINFO", "_APPINFO", CURRENT_TASK.upper())
_WORD = re.compile(rf"\b({'|'.join([*_UNITS, *_CONSTANTS, *_LISTED])})\b", re.IGNORECASE)


def twincat_files(texts: Iterable[str], units: Collection[str], variables: Collection[str]) -> dict[str, str]:
    """File name -> text of what the texts use of TwinCAT's libraries; {} where that is nothing. `units`,
    `variables`: the upper-case names of POUs and types, and of globals, that the program declares itself."""
    wanted: dict[str, None] = {}
    work = list(texts)
    while work:
        for match in _WORD.finditer(work.pop()):
            name = match.group(1).upper()
            if name in wanted or name in (units if name in _UNITS else variables):
                continue
            wanted[name] = None
            if name in _UNITS:
                work.append(_UNITS[name])
            elif name in _LISTED:
                work.append(_LIST)
    parts = [text for name, text in _UNITS.items() if name in wanted]
    constants = [f"    {name} : {text};" for name, text in _CONSTANTS.items() if name in wanted]
    if constants:
        parts.append("\n".join(["VAR_GLOBAL CONSTANT", *constants, "END_VAR\n"]))
    files = {LIBRARY_NAME: "\n".join(parts)} if parts else {}
    if any(name in wanted for name in _LISTED):
        files[SYSTEM_LIST] = _LIST
    return files
