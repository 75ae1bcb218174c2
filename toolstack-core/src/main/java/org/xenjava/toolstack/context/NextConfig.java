// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.create.StoredConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.store.DomainPaths;

/**
 * The configuration of a domain's next build where it is not that of the running domain: {@code xlj config-update} stores
 * it in xenstore, {@code xl config-update} in libxl's directory.
 */
public final class NextConfig {
    private static final Logger LOG = LoggerFactory.getLogger(NextConfig.class);

    private NextConfig() {}

    /**
     * {@return the configuration of the next build}
     *
     * @param present the running domain's configuration, which the next build has if no other is stored, or if the stored
     *     one describes no guest
     */
    public static DomainConfig of(HostContext host, int domid, UUID uuid, DomainConfig present) {
        String source = "the configuration that xl config-update stored for domain " + domid;
        try {
            return host.userdata()
                    .nextConfig(domid, uuid)
                    .map(text -> StoredConfig.parse(text, source))
                    .or(() -> StoredConfig.read(host.store().direct(), new DomainPaths(domid).nextConfig()))
                    .map(next -> inPlaceOf(present, next))
                    .orElse(present);
        } catch (ConfigException e) {
            LOG.warn("domain {} is built as it was: {}", domid, e.getMessage());
            return present;
        }
    }

    /**
     * {@return a configuration without USB devices of the host that were unplugged} A warning names each of them.
     *
     * @param domid number of the domain that has the devices, or has had them
     */
    public static DomainConfig withoutUnplugged(HostContext host, int domid, DomainConfig next) {
        return host.usb().withoutUnplugged(domid, next);
    }

    /**
     * Takes the USB devices of the host from a domain that stays, so that its successor can have them. Does nothing if it has none.
     *
     * @param domid number of the domain
     */
    public static void freeUsbDevices(HostContext host, int domid) {
        host.usb().withdrawAll(domid);
    }

    /** Stores a configuration for the next build of a domain of this library, in the place of any stored before. */
    public static void store(HostContext host, int domid, UUID uuid, DomainConfig next) {
        String path = new DomainPaths(domid).nextConfig();
        host.store().inTransaction(transaction -> {
            transaction.remove(path);
            StoredConfig.write(transaction, path, next);
            return next;
        });
        host.userdata().removeNextConfig(domid, uuid);
    }

    /** Stores a configuration for the next build of a domain of libxl, where xl looks for it. */
    public static void storeForXl(HostContext host, int domid, UUID uuid, DomainConfig next) {
        host.userdata().writeNextConfig(domid, uuid, StoredConfig.text(next));
    }

    /** With the name, the UUID and the addresses of the running domain. */
    private static DomainConfig inPlaceOf(DomainConfig present, DomainConfig next) {
        List<NicConfig> nics = new ArrayList<>();
        for (int place = 0; place < next.nics().size(); place++) {
            NicConfig nic = next.nics().get(place);
            Optional<NicConfig> before = present.nic(nic.devidAt(place));
            nics.add(
                    nic.mac().isPresent()
                            ? nic
                            : before.flatMap(NicConfig::mac).map(nic::withMac).orElse(nic));
        }
        DomainConfig.Builder builder = next.toBuilder().name(present.name()).nics(nics);
        present.uuid().ifPresent(builder::uuid);
        return builder.build();
    }
}
