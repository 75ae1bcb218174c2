// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.util.Arrays;
import java.util.Optional;
import org.xenjava.toolstack.stream.StreamRecord.DomainKind;

/** The record types of libxc's stream, with the longest body that is read into memory. */
enum LibxcType {
    END(0x00, Scope.ANY, 0),
    PAGE_DATA(0x01, Scope.ANY, LibxcType.LONGEST_RECORD),
    X86_PV_INFO(0x02, Scope.PV, LibxcType.SMALL),
    X86_PV_P2M_FRAMES(0x03, Scope.PV, LibxcType.LARGE),
    X86_PV_VCPU_BASIC(0x04, Scope.PV, LibxcType.TINY),
    X86_PV_VCPU_EXTENDED(0x05, Scope.PV, LibxcType.TINY),
    X86_PV_VCPU_XSAVE(0x06, Scope.PV, LibxcType.TINY),
    SHARED_INFO(0x07, Scope.PV, LibxcType.SMALL),
    X86_TSC_INFO(0x08, Scope.ANY, LibxcType.SMALL),
    HVM_CONTEXT(0x09, Scope.HVM, LibxcType.LARGE),
    HVM_PARAMS(0x0a, Scope.HVM, LibxcType.SMALL),
    X86_PV_VCPU_MSRS(0x0c, Scope.PV, LibxcType.TINY),
    VERIFY(0x0d, Scope.ANY, 0),
    STATIC_DATA_END(0x10, Scope.ANY, 0),
    X86_CPUID_POLICY(0x11, Scope.ANY, LibxcType.SMALL),
    X86_MSR_POLICY(0x12, Scope.ANY, LibxcType.SMALL);

    /** libxc refuses a longer record. */
    static final long LONGEST_RECORD = 128L << 20;

    /** An unknown type with this bit may be skipped. */
    static final int OPTIONAL = 0x8000_0000;

    private static final long TINY = 64L << 10;
    private static final long SMALL = 1L << 20;
    private static final long LARGE = 16L << 20;

    private final int number;
    private final Scope scope;
    private final long longest;

    LibxcType(int number, Scope scope, long longest) {
        this.number = number;
        this.scope = scope;
        this.longest = longest;
    }

    private enum Scope {
        ANY,
        PV,
        HVM
    }

    static Optional<LibxcType> of(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findAny();
    }

    int number() {
        return number;
    }

    long longest() {
        return longest;
    }

    boolean isFor(DomainKind kind) {
        return scope == Scope.ANY || (scope == Scope.PV) == (kind == DomainKind.PV);
    }
}
