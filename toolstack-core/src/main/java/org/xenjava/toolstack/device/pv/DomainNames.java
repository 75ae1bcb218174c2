// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;

/** The names of the host's domains in xenstore. */
final class DomainNames {
    private static final Pattern DIGITS = Pattern.compile("\\d+");
    private static final Pattern LEADING_ZEROS = Pattern.compile("^0+(?=\\d)");

    private final StoreClient store;

    DomainNames(StoreClient store) {
        this.store = store;
    }

    /**
     * The number of a domain, by its number or name. As in libxl, digits are always a number: a domain whose name has
     * only digits is found by its number alone.
     */
    OptionalInt domid(String nameOrNumber) {
        List<DomainPaths> domains = store.direct().list(DomainPaths.DOMAINS).stream()
                .flatMap(id -> DomainPaths.named(id).stream())
                .toList();
        if (DIGITS.matcher(nameOrNumber).matches()) {
            String number = LEADING_ZEROS.matcher(nameOrNumber).replaceFirst("");
            return domains.stream()
                    .mapToInt(DomainPaths::domid)
                    .filter(domid -> Integer.toString(domid).equals(number))
                    .findFirst();
        }
        List<Optional<String>> names =
                store.direct().readAll(domains.stream().map(DomainPaths::name).toList());
        int index = names.indexOf(Optional.of(nameOrNumber));
        return index < 0
                ? OptionalInt.empty()
                : OptionalInt.of(domains.get(index).domid());
    }
}
