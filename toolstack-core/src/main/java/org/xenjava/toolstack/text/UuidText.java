// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.text;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** A UUID as users and xenstore write it: 8-4-4-4-12 hexadecimal digits. {@link UUID#fromString} accepts more. */
public final class UuidText {
    private static final Pattern FORM = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private UuidText() {}

    /**
     * {@return the UUID, or empty if the text has another form}
     *
     * @param text 8-4-4-4-12 hexadecimal digits in any case
     */
    public static Optional<UUID> parse(String text) {
        return FORM.matcher(text).matches() ? Optional.of(UUID.fromString(text)) : Optional.empty();
    }
}
