// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainNotFoundException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.WatchedNames;
import org.xenjava.toolstack.text.UuidText;
import org.xenjava.toolstack.xenctrl.DomainInfo;

/** Finds the domains of a host by domid, UUID and name. */
final class DomainFinder {
    private static final String ATTEMPT = "listing the domains";

    private final HostContext context;
    private final WatchedNames watchedNames;

    DomainFinder(HostContext context) {
        this.context = context;
        this.watchedNames = new WatchedNames(context.store(), context.events());
    }

    List<Domain> domains() {
        return alive().stream().map(this::domain).toList();
    }

    List<DomainStatus> statuses() {
        return context.attempting(ATTEMPT, () -> {
            List<DomainInfo> found = context.xenctrl().domains().list();
            List<String> names = watchedNames.of(found.stream()
                    .map(info -> new WatchedNames.Named(info.domid(), info.handle()))
                    .toList());
            return IntStream.range(0, found.size())
                    .mapToObj(i -> DomainStatus.of(found.get(i), names.get(i)))
                    .toList();
        });
    }

    /** UUID, domid and name of all domains, a line each, as xl's vm-list shows them. The names are not cached ones. */
    String table() {
        return context.attempting(ATTEMPT, () -> {
            List<DomainInfo> found = context.xenctrl().domains().list();
            List<String> names = names(found);
            return IntStream.range(0, found.size())
                    .mapToObj(i -> found.get(i).handle() + " " + found.get(i).domid() + " " + names.get(i))
                    .collect(Collectors.joining("\n"));
        });
    }

    List<PodStatus> podStatuses(Consumer<ToolstackException> failures) {
        return context.attempting("reading the PoD counters of all domains", () -> {
            List<DomainInfo> guests = context.xenctrl().domains().list().stream()
                    .filter(info -> info.hvm() && !info.dying() && info.domid() != 0)
                    .toList();
            List<String> names = names(guests);
            return IntStream.range(0, guests.size())
                    .mapToObj(i -> podStatus(guests.get(i), names.get(i), failures))
                    .flatMap(Optional::stream)
                    .toList();
        });
    }

    /** Empty if the domain is gone meanwhile, or after a failure. */
    private Optional<PodStatus> podStatus(DomainInfo info, String name, Consumer<ToolstackException> failures) {
        DomainHandle domain = new DomainHandle(context, info.domid(), info.handle());
        try {
            return Optional.of(domain.attempting(
                    "reading the PoD counters of",
                    () -> new PodStatus(
                            domain.domid(), name, context.xenctrl().memory().podTarget(domain.domid()))));
        } catch (DomainGoneException e) {
            return Optional.empty();
        } catch (ToolstackException e) {
            failures.accept(e);
            return Optional.empty();
        }
    }

    /** Reads the names of domains, empty where there is none, with one request for each, all sent in one go. */
    private List<String> names(List<DomainInfo> found) {
        List<String> paths =
                found.stream().map(info -> new DomainPaths(info.domid()).name()).toList();
        return context.store().direct().readAll(paths).stream()
                .map(name -> name.orElse(""))
                .toList();
    }

    Optional<Domain> find(Predicate<DomainInfo> wanted) {
        return alive().stream().filter(wanted).map(this::domain).findFirst();
    }

    Optional<Domain> find(String name) {
        return context.attempting(ATTEMPT, () -> {
            List<DomainInfo> found = alive();
            int index = names(found).indexOf(name);
            return index < 0 ? Optional.empty() : Optional.of(domain(found.get(index)));
        });
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
}
