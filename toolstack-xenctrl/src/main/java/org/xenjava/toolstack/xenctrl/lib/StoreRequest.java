// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.util.List;

/** A request to xenstored that can be sent before earlier requests are answered: see {@link XenStore#pipeline}. */
public sealed interface StoreRequest {
    /** {@return the path of the node} */
    String path();

    /**
     * Makes this request alone and waits for its answer.
     *
     * @param store the connection
     * @param transaction the transaction, or 0 for none
     * @return the answer, {@link StoreAnswer.Refused} included
     */
    default StoreAnswer perform(XenStore store, int transaction) {
        try {
            return attempt(store, transaction);
        } catch (XenLibException e) {
            return new StoreAnswer.Refused(e);
        }
    }

    /**
     * Makes this request alone.
     *
     * @param store the connection
     * @param transaction the transaction, or 0 for none
     * @return the answer
     * @throws XenLibException if xenstored refuses
     */
    StoreAnswer attempt(XenStore store, int transaction);

    /**
     * Reads a node's value; the answer is {@link StoreAnswer.Value}.
     *
     * @param path the path of the node
     */
    record Read(String path) implements StoreRequest {
        @Override
        public StoreAnswer attempt(XenStore store, int transaction) {
            return new StoreAnswer.Value(store.read(transaction, path));
        }
    }

    /**
     * Lists a node's children; the answer is {@link StoreAnswer.Names}.
     *
     * @param path the path of the node
     */
    record Directory(String path) implements StoreRequest {
        @Override
        public StoreAnswer attempt(XenStore store, int transaction) {
            return new StoreAnswer.Names(store.directory(transaction, path));
        }
    }

    /**
     * Writes a node's value.
     *
     * @param path the path of the node
     * @param value the new value
     */
    record Write(String path, byte[] value) implements StoreRequest {
        @Override
        public StoreAnswer attempt(XenStore store, int transaction) {
            store.write(transaction, path, value);
            return new StoreAnswer.Done();
        }
    }

    /**
     * Creates a node.
     *
     * @param path the path of the node
     */
    record Mkdir(String path) implements StoreRequest {
        @Override
        public StoreAnswer attempt(XenStore store, int transaction) {
            store.mkdir(transaction, path);
            return new StoreAnswer.Done();
        }
    }

    /**
     * Removes a node and all below it.
     *
     * @param path the path of the node
     */
    record Rm(String path) implements StoreRequest {
        @Override
        public StoreAnswer attempt(XenStore store, int transaction) {
            store.rm(transaction, path);
            return new StoreAnswer.Done();
        }
    }

    /**
     * Sets a node's permissions.
     *
     * @param path the path of the node
     * @param permissions the permissions, the owner first
     */
    record SetPermissions(String path, List<XenStorePermission> permissions) implements StoreRequest {
        /**
         * Copies the list, so that the record is immutable.
         *
         * @param path the path of the node
         * @param permissions the permissions, the owner first
         */
        public SetPermissions {
            permissions = List.copyOf(permissions);
        }

        @Override
        public StoreAnswer attempt(XenStore store, int transaction) {
            store.setPermissions(transaction, path, permissions);
            return new StoreAnswer.Done();
        }
    }
}
