// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

/**
 * xl's header: the configuration of the domain.
 *
 * @param format of the configuration
 * @param config libxl's JSON, or the text of an xl.cfg file
 */
public record XlHeader(ConfigFormat format, String config) {
    /** The format of the configuration. */
    public enum ConfigFormat {
        /** JSON of libxl's domain configuration. */
        LIBXL_JSON,
        /** The text of an xl.cfg file; only old versions of xl wrote it. */
        XL_CFG
    }
}
