// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DiskConfig.Backend;
import org.xenjava.toolstack.config.DiskConfig.Format;
import org.xenjava.toolstack.config.xl.XlDiskParameter.Assignment;
import org.xenjava.toolstack.config.xl.XlDiskParameter.OldPrefix;
import org.xenjava.toolstack.config.xl.XlDiskParameter.Word;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Interprets the parameters of a disk specification as libxlu does, xl-disk-configuration(5) with the forms of xm.
 * Positional parameters are target, format, vdev and access, in this order, each if it has no value yet; there is
 * no positional format behind an old prefix.
 */
final class XlDiskReader {
    private static final String CDROM = "cdrom";
    private static final String EMPTY = "empty";
    private static final Set<String> COLO =
            Set.of("colo", "colo-host", "colo-port", "colo-export", "active-disk", "hidden-disk");

    /** The value of each parameter so far. A flag and its opposite share a key. */
    private final Map<String, String> values = new HashMap<>();

    private boolean hadOldPrefix;
    private boolean hadPositionalAccess;

    private XlDiskReader() {}

    /** @throws ConfigException if the text specifies no disk, or one that is not supported */
    static DiskConfig read(String text) {
        XlDiskReader reader = new XlDiskReader();
        XlDiskScanner.scan(text).forEach(reader::parameter);
        return reader.disk();
    }

    private void parameter(XlDiskParameter parameter) {
        if (parameter instanceof Assignment assignment) {
            assign(assignment.key(), assignment.value());
        } else if (parameter instanceof OldPrefix prefix) {
            oldPrefix(prefix.name());
        } else if (parameter instanceof Word word && !flag(word.text())) {
            positional(word.text());
        }
    }

    /** An old prefix names a format or a script, or has no effect any more. */
    private void oldPrefix(String name) {
        hadOldPrefix = true;
        switch (name) {
            case "raw", "qcow", "qcow2", "vhd" -> setFormat(name);
            case "iscsi", "nbd", "enbd", "drbd" -> set("script", "block-" + name);
            default -> {}
        }
    }

    private void assign(String key, String value) {
        switch (key) {
            case "format" -> setFormat(value);
            case "target", "vdev", "script", "backend" -> set(key, value);
            case "access" -> setAccess(value);
            case "devtype" -> setDevice(value);
            case "backendtype" -> setOnce(key, value);
            case "specification" -> {
                if (!value.equals("xen")) {
                    throw unsupported(key, value);
                }
            }
            default ->
                throw COLO.contains(key)
                        ? unsupported(key, value)
                        : new ConfigException("'" + key + "' is no parameter of a disk");
        }
    }

    private boolean flag(String word) {
        switch (word) {
            case CDROM -> values.put("devtype", CDROM);
            case "direct-io-safe" -> values.put(word, word);
            case "discard", "no-discard" -> values.put("discard", word);
            case "trusted", "untrusted" -> values.put("trusted", word);
            case "colo" -> throw new ConfigException("colo is not supported");
            case "no-colo" -> {}
            default -> {
                return false;
            }
        }
        return true;
    }

    private void positional(String value) {
        if (!values.containsKey("target")) {
            values.put("target", value);
        } else if (!hadOldPrefix && !values.containsKey("format")) {
            if (get("target").isPresent() || !vdevAndDevice(value)) {
                setFormat(value);
            } else {
                values.put("format", EMPTY);
            }
        } else if (!values.containsKey("vdev")) {
            if (!vdevAndDevice(value)) {
                values.put("vdev", value);
            }
        } else if (!hadPositionalAccess) {
            hadPositionalAccess = true;
            setAccess(value);
        } else {
            throw new ConfigException("'" + value + "' is one positional parameter too many");
        }
    }

    /** xm's {@code hdc:cdrom}. */
    private boolean vdevAndDevice(String value) {
        int colon = value.lastIndexOf(':');
        if (colon < 0) {
            return false;
        }
        set("vdev", value.substring(0, colon));
        setDevice(value.substring(colon + 1));
        return true;
    }

    private void setFormat(String value) {
        setOnce(
                "format",
                switch (value) {
                    case "", "raw" -> Format.RAW.word();
                    case "qcow2", EMPTY -> value;
                    case "qcow", "vhd", "qed" ->
                        throw new ConfigException(
                                "format " + value + " is not supported: convert the image to qcow2 or raw");
                    default -> throw new ConfigException("'" + value + "' is no format of a disk");
                });
    }

    private void setAccess(String value) {
        values.put(
                "access",
                switch (value) {
                    case "r", "ro" -> "r";
                    case "w", "rw", "" -> "w";
                    default -> throw new ConfigException("access is ro, r, rw or w, not '" + value + "'");
                });
    }

    private void setDevice(String value) {
        if (!value.equals(CDROM) && !value.equals("disk")) {
            throw new ConfigException("devtype is cdrom or disk, not '" + value + "'");
        }
        values.put("devtype", value);
    }

    /** As in libxlu, a value may replace an empty one only. */
    private void set(String key, String value) {
        if (get(key).isPresent()) {
            throw new ConfigException(key + " is given twice");
        }
        values.put(key, value);
    }

    /** As in libxlu, a value may be given again only if it is the same. */
    private void setOnce(String key, String value) {
        String before = values.put(key, value);
        if (before != null && !before.equals(value)) {
            throw new ConfigException(key + " is given twice");
        }
    }

    /** The value, if there is one and it is not empty. */
    private Optional<String> get(String key) {
        return Optional.ofNullable(values.get(key)).filter(value -> !value.isEmpty());
    }

    private boolean is(String key, String value) {
        return get(key).filter(value::equals).isPresent();
    }

    private DiskConfig disk() {
        if (!values.containsKey("vdev")) {
            throw new ConfigException(
                    get("target").filter(target -> target.contains(",vdev=")).isPresent()
                            ? "no vdev is given: target= takes the rest of the text, so it is the last parameter"
                            : "no vdev is given, such as xvda");
        }
        DiskConfig.Builder disk = DiskConfig.builder(values.getOrDefault("vdev", ""));
        get("target").ifPresent(disk::target);
        if (!is("devtype", CDROM) || get("target").isPresent()) {
            disk.format(format());
        }
        backend().ifPresent(disk::backend);
        get("backend")
                .filter(name -> !name.equals("0") && !name.equals("Domain-0"))
                .ifPresent(disk::backendDomain);
        get("script").ifPresent(disk::script);
        if (is("devtype", CDROM)) {
            disk.cdrom();
        } else if (is("access", "r")) {
            disk.readOnly();
        }
        options(disk);
        return disk.build();
    }

    private void options(DiskConfig.Builder disk) {
        if (is("direct-io-safe", "direct-io-safe")) {
            disk.directIoSafe();
        }
        if (is("trusted", "untrusted")) {
            disk.untrusted();
        }
        if (is("discard", "discard")) {
            disk.discard();
        } else if (is("discard", "no-discard")) {
            disk.noDiscard();
        }
    }

    private Format format() {
        if (is("format", EMPTY)) {
            throw new ConfigException("only a CD-ROM drive without a target is empty");
        }
        return is("format", Format.QCOW2.word()) ? Format.QCOW2 : Format.RAW;
    }

    private Optional<Backend> backend() {
        return Optional.ofNullable(values.get("backendtype")).map(word -> switch (word) {
            case "phy" -> Backend.PHY;
            case "qdisk" -> Backend.QDISK;
            case "tap", "standalone" -> throw unsupported("backendtype", word);
            default -> throw new ConfigException("backendtype is phy or qdisk, not '" + word + "'");
        });
    }

    private static ConfigException unsupported(String key, String value) {
        return new ConfigException(key + " " + value + " is not supported");
    }
}
