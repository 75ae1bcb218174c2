// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.error.ConfigException;

/**
 * A network card, as xl-network-configuration(5) describes it. Make one with {@link #builder}.
 *
 * @param mac the hardware address; if it is empty, each build chooses one with {@link DomainConfig#completed}
 * @param bridge the host's bridge that the card joins, in the form that {@code script} takes; xl's default is {@code
 *     xenbr0}
 * @param type whether an HVM guest also gets an emulated card; if it is empty, the guest's type decides
 * @param model the emulated card, in QEMU's words; xl's default is {@code rtl8139}
 * @param script the hotplug script; if it is empty, {@code vif-bridge}. A relative name is relative to Xen's
 *     directory of scripts
 * @param vifName the host's name of the interface; if it is empty, {@code vifDOMID.DEVID}
 * @param ip addresses, in the form that the hotplug script takes
 * @param gatewayDevice the host's interface that {@code vif-route} routes through
 * @param mtu largest payload in bytes, 68 … 65535, as the hotplug script sets it; xl's default is 1500
 * @param rate limit of the guest's sending rate, if any
 * @param trust whether the guest is advised to trust the backend
 * @param devid number of the device; if it is empty, the card's place in the list
 * @param backendDomain name or number of the domain that serves the card; if it is empty, domain 0
 */
public record NicConfig(
        Optional<MacAddress> mac,
        String bridge,
        Optional<Type> type,
        String model,
        Optional<String> script,
        Optional<String> vifName,
        Optional<String> ip,
        Optional<String> gatewayDevice,
        int mtu,
        Optional<Rate> rate,
        Trust trust,
        OptionalInt devid,
        Optional<String> backendDomain) {

    /** xl's default bridge. */
    public static final String DEFAULT_BRIDGE = "xenbr0";
    /** xl's default emulated card. */
    public static final String DEFAULT_MODEL = "rtl8139";
    /** xl's default payload in bytes. */
    public static final int DEFAULT_MTU = 1500;

    /** The cards that a guest sees. */
    public enum Type {
        /** A paravirtual card and an emulated one; the guest uses one of them. HVM guests only. */
        IOEMU,
        /** A paravirtual card. */
        VIF;

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The advice to the guest on whether to trust the backend. */
    public enum Trust {
        /** The guest may trust the backend. */
        TRUSTED,
        /** The guest is advised not to trust the backend. */
        UNTRUSTED;

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A limit of the guest's sending rate: a credit in bytes that is refilled at an interval.
     *
     * @param bytesPerSecond 1 … 2³²−1, or 1000, 1000² or 1000³ times such a number, as in xl's
     *     syntax
     * @param intervalMicros interval between refills in microseconds, 1 … 2³²−1; the product of both has 64
     *     bits
     */
    public record Rate(long bytesPerSecond, long intervalMicros) {
        /** xl's interval if none is given: 50 ms. */
        public static final long DEFAULT_INTERVAL_MICROS = 50_000;

        private static final long MICROS_PER_SECOND = 1_000_000;

        /**
         * Checks the numbers.
         *
         * @param bytesPerSecond 1 … 2³²−1, or 1000, 1000² or 1000³ times such a number, as in xl's syntax
         * @param intervalMicros interval between refills in microseconds, 1 … 2³²−1; the product of both has 64 bits
         * @throws ConfigException if a number is out of its range
         */
        public Rate {
            DeviceRules.ofRate(bytesPerSecond, intervalMicros).ifPresent(complaint -> {
                throw new ConfigException(complaint);
            });
        }

        /**
         * {@return the credit in bytes, rounded down} xenstore's {@code rate} is this, a comma, and the interval in
         * microseconds (libxlu_vif.c, libxl_nic.c).
         */
        public long bytesPerInterval() {
            return Long.divideUnsigned(bytesPerSecond * intervalMicros, MICROS_PER_SECOND);
        }
    }

    /**
     * Checks the values.
     *
     * @param mac the hardware address; if it is empty, each build chooses one with {@link DomainConfig#completed}
     * @param bridge the host's bridge that the card joins, in the form that {@code script} takes; xl's default is
     *     {@code xenbr0}
     * @param type whether an HVM guest also gets an emulated card; if it is empty, the guest's type decides
     * @param model the emulated card, in QEMU's words; xl's default is {@code rtl8139}
     * @param script the hotplug script; if it is empty, {@code vif-bridge}. A relative name is relative to Xen's
     *     directory of scripts
     * @param vifName the host's name of the interface; if it is empty, {@code vifDOMID.DEVID}
     * @param ip addresses, in the form that the hotplug script takes
     * @param gatewayDevice the host's interface that {@code vif-route} routes through
     * @param mtu largest payload in bytes, 68 … 65535, as the hotplug script sets it; xl's default is 1500
     * @param rate limit of the guest's sending rate, if any
     * @param trust whether the guest is advised to trust the backend
     * @param devid number of the device; if it is empty, the card's place in the list
     * @param backendDomain name or number of the domain that serves the card; if it is empty, domain 0
     * @throws ConfigException if the values are invalid
     */
    public NicConfig {
        DeviceRules.ofNic(bridge, model, script, vifName, ip, gatewayDevice, mtu, devid, backendDomain)
                .ifPresent(complaint -> {
                    throw new ConfigException(complaint);
                });
    }

    /**
     * {@return the card's type in a guest: the configured one, or libxl's default for the kind of guest}
     *
     * @param guest the kind of guest
     */
    public Type typeIn(DomainType guest) {
        return type.orElse(guest == DomainType.HVM ? Type.IOEMU : Type.VIF);
    }

    /**
     * {@return the number of the device}
     *
     * @param place the card's place in the guest's list, from 0
     */
    public int devidAt(int place) {
        return devid.orElse(place);
    }

    /**
     * {@return the same card with this address}
     *
     * @param newMac the hardware address
     */
    public NicConfig withMac(MacAddress newMac) {
        return toBuilder().mac(newMac).build();
    }

    /**
     * {@return the same card of this type}
     *
     * @param newType the cards that the guest sees
     */
    public NicConfig withType(Type newType) {
        return toBuilder().type(newType).build();
    }

    /**
     * {@return the same card with this number}
     *
     * @param newDevid number of the device, 0 … 65535
     * @throws ConfigException if no card can have the number
     */
    public NicConfig withDevid(int newDevid) {
        return toBuilder().devid(newDevid).build();
    }

    private Builder toBuilder() {
        Builder builder = new Builder();
        builder.mac = mac;
        builder.bridge = bridge;
        builder.type = type;
        builder.model = model;
        builder.script = script;
        builder.vifName = vifName;
        builder.ip = ip;
        builder.gatewayDevice = gatewayDevice;
        builder.mtu = mtu;
        builder.rate = rate;
        builder.trust = trust;
        builder.devid = devid;
        builder.backendDomain = backendDomain;
        return builder;
    }

    /** {@return a builder with xl's defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects a card; {@link #build} validates it. */
    public static final class Builder {
        private Optional<MacAddress> mac = Optional.empty();
        private String bridge = DEFAULT_BRIDGE;
        private Optional<Type> type = Optional.empty();
        private String model = DEFAULT_MODEL;
        private Optional<String> script = Optional.empty();
        private Optional<String> vifName = Optional.empty();
        private Optional<String> ip = Optional.empty();
        private Optional<String> gatewayDevice = Optional.empty();
        private int mtu = DEFAULT_MTU;
        private Optional<Rate> rate = Optional.empty();
        private Trust trust = Trust.TRUSTED;
        private OptionalInt devid = OptionalInt.empty();
        private Optional<String> backendDomain = Optional.empty();

        private Builder() {}

        /**
         * Sets the hardware address.
         *
         * @param value the address; by default each build chooses a random one
         * @return this builder
         */
        public Builder mac(MacAddress value) {
            mac = Optional.of(value);
            return this;
        }

        /**
         * Sets the bridge that the card joins.
         *
         * @param value the bridge, in the form that the hotplug script takes; the default is {@code xenbr0}
         * @return this builder
         */
        public Builder bridge(String value) {
            bridge = value;
            return this;
        }

        /**
         * Sets the cards that the guest sees.
         *
         * @param value the type; by default the guest's type decides
         * @return this builder
         */
        public Builder type(Type value) {
            type = Optional.of(value);
            return this;
        }

        /**
         * Sets the emulated card.
         *
         * @param value QEMU's name of the card; the default is {@code rtl8139}
         * @return this builder
         */
        public Builder model(String value) {
            model = value;
            return this;
        }

        /**
         * Sets the hotplug script.
         *
         * @param value absolute path, or a name in Xen's directory of scripts
         * @return this builder
         */
        public Builder script(String value) {
            script = Optional.of(value);
            return this;
        }

        /**
         * Sets the host's name of the interface.
         *
         * @param value 1 … 15 characters; the default is {@code vifDOMID.DEVID}
         * @return this builder
         */
        public Builder vifName(String value) {
            vifName = Optional.of(value);
            return this;
        }

        /**
         * Sets the guest's addresses for the hotplug script.
         *
         * @param value addresses, in the form that the script takes
         * @return this builder
         */
        public Builder ip(String value) {
            ip = Optional.of(value);
            return this;
        }

        /**
         * Sets the host's interface that {@code vif-route} routes through.
         *
         * @param value name of the interface
         * @return this builder
         */
        public Builder gatewayDevice(String value) {
            gatewayDevice = Optional.of(value);
            return this;
        }

        /**
         * Sets the largest payload.
         *
         * @param value 68 … 65535 bytes; the default is 1500
         * @return this builder
         */
        public Builder mtu(int value) {
            mtu = value;
            return this;
        }

        /**
         * Limits the guest's sending rate.
         *
         * @param value the limit
         * @return this builder
         */
        public Builder rate(Rate value) {
            rate = Optional.of(value);
            return this;
        }

        /**
         * Sets the advice to the guest on whether to trust the backend.
         *
         * @param value the advice; the default is to trust
         * @return this builder
         */
        public Builder trust(Trust value) {
            trust = value;
            return this;
        }

        /**
         * Sets the number of the device.
         *
         * @param value the number, from 0; the default is the card's place in the list
         * @return this builder
         */
        public Builder devid(int value) {
            devid = OptionalInt.of(value);
            return this;
        }

        /**
         * Sets the domain that serves the card. The library reads and writes it; only domain 0 serves cards.
         *
         * @param value name or number of the domain; the default is domain 0
         * @return this builder
         */
        public Builder backendDomain(String value) {
            backendDomain = Optional.of(value);
            return this;
        }

        /**
         * Makes the network card.
         *
         * @return the card
         * @throws ConfigException if the values are not a valid card
         */
        public NicConfig build() {
            return new NicConfig(
                    mac,
                    bridge,
                    type,
                    model,
                    script,
                    vifName,
                    ip,
                    gatewayDevice,
                    mtu,
                    rate,
                    trust,
                    devid,
                    backendDomain);
        }
    }
}
