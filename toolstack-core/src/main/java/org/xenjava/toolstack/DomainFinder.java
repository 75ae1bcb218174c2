// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.error.DomainNotFoundException;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.text.UuidText;
import org.xenjava.toolstack.xenctrl.DomainInfo;

/** Finds the domains of a host by domid, UUID and name. */
final class DomainFinder {
    private static final String ATTEMPT = "listing the domains";

    private final HostContext context;

    DomainFinder(HostContext context) {
        this.context = context;
    }

    List<Domain> domains() {
        return alive().stream().map(this::domain).toList();
    }

    List<DomainStatus> statuses() {
        return context.attempting(ATTEMPT, () -> context.xenctrl().domains().list().stream()
                .map(this::status)
                .toList());
    }

    Optional<Domain> find(Predicate<DomainInfo> wanted) {
        return alive().stream().filter(wanted).map(this::domain).findFirst();
    }

    Optional<Domain> find(String name) {
        return domains().stream().filter(domain -> domain.name().equals(name)).findFirst();
    }

    Domain resolve(String nameOrId) {
        return candidates(nameOrId)
                .orElseThrow(() -> new DomainNotFoundException("there is no domain '" + nameOrId + "'"));
    }

    private Optional<Domain> candidates(String nameOrId) {
        if (nameOrId.matches("\\d{1,9}")) {
            int domid = Integer.parseInt(nameOrId);
            return find(info -> info.domid() == domid);
        }
        Optional<UUID> uuid = UuidText.parse(nameOrId);
        return uuid.isPresent() ? find(info -> info.handle().equals(uuid.get())) : find(nameOrId);
    }

    private List<DomainInfo> alive() {
        return context.attempting(ATTEMPT, () -> context.xenctrl().domains().list().stream()
                .filter(info -> !info.dying())
                .toList());
    }

    private Domain domain(DomainInfo info) {
        return new Domain(context, info.domid(), info.handle());
    }

    private DomainStatus status(DomainInfo info) {
        DomainPaths paths = new DomainPaths(info.domid());
        String name = context.store().read(paths.name()).orElse("");
        return DomainStatus.of(info, name, context.store().read(paths.libxlType()));
    }
}
