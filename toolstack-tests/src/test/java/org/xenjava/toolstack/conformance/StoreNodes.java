// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/**
 * A domain's nodes in xenstore: values and permissions by path. The domid is written N and the UUID is written UUID,
 * so that several domains' nodes can stand in one table.
 */
final class StoreNodes {
    /** A line of {@code xenstore-ls -f -p}. */
    private static final Pattern LINE = Pattern.compile("(/\\S+) = \"(.*)\" {3}\\((.*)\\)");

    private static final String ACCESS = "nrwb";

    private final int domid;
    private final UUID uuid;
    private final Map<String, String> nodes = new TreeMap<>();

    private StoreNodes(int domid, UUID uuid) {
        this.domid = domid;
        this.uuid = uuid;
    }

    /** Of a dump of the domain's own trees. */
    static Map<String, String> of(List<String> dump, int domid, UUID uuid) {
        StoreNodes result = new StoreNodes(domid, uuid);
        for (String line : dump) {
            Matcher m = LINE.matcher(line);
            if (!m.matches()) {
                throw new IllegalArgumentException("not a line of xenstore-ls -f -p: " + line);
            }
            result.add(m.group(1), m.group(2), m.group(3));
        }
        return result.nodes;
    }

    /** Of what a xenstored holds. */
    static Map<String, String> of(XenStore store, int domid, UUID uuid) {
        StoreNodes result = new StoreNodes(domid, uuid);
        for (String root : List.of(
                "/local/domain/" + domid,
                "/local/domain/0/backend/console/" + domid,
                "/libxl/" + domid,
                "/vm/" + uuid)) {
            result.walk(store, root);
        }
        return result.nodes;
    }

    private void walk(XenStore store, String path) {
        byte[] value = store.read(XenStore.NO_TRANSACTION, path);
        String permissions = store.getPermissions(XenStore.NO_TRANSACTION, path).stream()
                .map(StoreNodes::text)
                .collect(Collectors.joining(","));
        add(path, new String(value, StandardCharsets.UTF_8), permissions);
        store.directory(XenStore.NO_TRANSACTION, path).forEach(child -> walk(store, path + "/" + child));
    }

    private static String text(XenStorePermission permission) {
        return ACCESS.charAt(permission.access()) + Integer.toString(permission.domid());
    }

    private void add(String path, String value, String permissions) {
        // It says in which directory the test runs.
        String shown = path.endsWith("/xenjava/config/0")
                ? "the xl.cfg"
                : path.endsWith("/xenjava/device-model-user") ? "2100000000 + N" : general(value);
        String node = "\"%s\" (%s)".formatted(shown, permissions.replaceAll("\\b([nrwb])" + domid + "\\b", "$1N"));
        nodes.put(general(path), node);
    }

    /** xenconsoled takes any free pseudo-terminal. */
    private String general(String text) {
        return text.replace(uuid.toString(), "UUID")
                .replaceAll("^(/local/domain|/libxl|/local/domain/0/backend/console)/" + domid + "\\b", "$1/N")
                .replaceAll("^/dev/pts/\\d+$", "/dev/pts/…");
    }
}
