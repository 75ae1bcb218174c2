// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.xenjava.toolstack.error.ConfigException;

/**
 * The unicast hardware address of a network card; not all zero.
 *
 * @param text six pairs of hexadecimal digits with colons between them, in lower case
 */
public record MacAddress(String text) {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{2}(?::[0-9a-f]{2}){5}");
    private static final String NONE = "00:00:00:00:00:00";

    /**
     * Checks the address and turns it into lower case.
     *
     * @param text six pairs of hexadecimal digits with colons between them, in any case
     * @throws ConfigException if the text is no unicast address
     */
    public MacAddress {
        text = text.toLowerCase(Locale.ROOT);
        if (!FORM.matcher(text).matches()) {
            throw new ConfigException("a MAC address is six pairs of hexadecimal digits: '" + text + "'");
        }
        if (text.equals(NONE) || (Character.digit(text.charAt(1), 16) & 1) != 0) {
            throw new ConfigException("the MAC address of a card is neither zero nor a group's: " + text);
        }
    }

    /**
     * {@return a random address of the Xen project's range, 00:16:3e:00:00:00 … 00:16:3e:7f:ff:ff, as in libxl}
     *
     * @param random source of the last 23 bits
     */
    public static MacAddress random(RandomGenerator random) {
        return new MacAddress(String.format(
                "00:16:3e:%02x:%02x:%02x", random.nextInt(0x80), random.nextInt(0x100), random.nextInt(0x100)));
    }

    @Override
    public String toString() {
        return text;
    }
}
