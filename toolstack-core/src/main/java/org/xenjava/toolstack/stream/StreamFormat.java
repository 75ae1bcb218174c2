// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.nio.charset.StandardCharsets;

/** The numbers of the three formats. */
final class StreamFormat {
    /** The first 32 bytes of a file of xl. */
    static final String XL_MAGIC = "Xen saved domain, xl format\n \0 \r";

    static final int XL_MAGIC_BYTES = XL_MAGIC.getBytes(StandardCharsets.US_ASCII).length;
    static final int XL_HEADER_BYTES = XL_MAGIC_BYTES + 4 * Integer.BYTES;
    static final int BYTE_ORDER_MARK = 0x0102_0304;
    static final int XL_JSON = 1;
    static final int XL_STREAM_V2 = 2;
    static final long LONGEST_CONFIG = 16L << 20;

    /** What xl skips behind the configuration is kept up to this length. */
    static final long LONGEST_EXTRA = 4096;

    /** "LibxlFmt". */
    static final long LIBXL_IDENT = 0x4c69_6278_6c46_6d74L;

    static final int LIBXL_VERSION = 2;
    static final int LIBXL_HEADER_BYTES = 16;
    static final int LIBXL_BIG_ENDIAN = 1;

    /** libxl itself has no limit; the states of device models that were seen have less than 10,000 bytes. */
    static final long LONGEST_LIBXL_RECORD = 64L << 20;

    static final int EMULATOR_HEADER_BYTES = 8;

    static final long LIBXC_MARKER = -1;
    /** "XENF". */
    static final int LIBXC_IDENT = 0x5845_4e46;

    static final int LIBXC_VERSION = 3;
    static final int LIBXC_OLD_VERSION = 2;
    static final int LIBXC_HEADER_BYTES = 24;
    static final int DOMAIN_HEADER_BYTES = 16;
    static final int DOMAIN_PV = 1;
    static final int DOMAIN_HVM = 2;

    static final int RECORD_HEADER_BYTES = 8;
    static final int ALIGNMENT = 8;
    static final int CPUID_LEAF_BYTES = 24;
    static final int MSR_BYTES = 16;
    static final int HVM_PARAM_BYTES = 16;
    static final int TSC_INFO_BYTES = 24;

    /** The largest number of entries in a PAGE_DATA record that is read: 4 GiB of frames. */
    static final int MOST_ENTRIES = 1 << 20;

    private StreamFormat() {}

    /** Bytes between a body and the next record. */
    static int padding(long length) {
        return (int) (-length & (ALIGNMENT - 1));
    }
}
