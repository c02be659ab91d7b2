// SPDX-License-Identifier: Apache-2.0
package org.crtools.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.model.TreeProcess;

/**
 * Who forks whom, and in which order. A process gets a session by setsid(2), which gives it one of its own, or from
 * whoever forks it. So a child in a session other than its parent's was forked before the parent made its own; or it
 * is an orphan that the parent adopted, and is forked again by a helper in that session, which then ends.
 */
final class ForkTree {
    /** The session that a process may be born in when it makes its own anyway. */
    private static final int ANY = 0;

    private final Map<Integer, Node> nodes = new LinkedHashMap<>();
    private final Map<Integer, List<Node>> childrenOf = new HashMap<>();
    private final Map<Integer, Node> sessionHelpers = new HashMap<>();
    private final Map<Integer, Integer> bornIn = new HashMap<>();
    private final Node root;
    private final int outerGroup;

    private ForkTree(List<TreeProcess> processes) {
        for (TreeProcess process : processes) {
            Node node = Node.of(process);
            nodes.put(node.pid(), node);
            childrenOf
                    .computeIfAbsent(process.identity().parent(), none -> new ArrayList<>())
                    .add(node);
        }
        root = nodes.values().iterator().next();
        outerGroup = nodes.containsKey(root.group()) ? 0 : root.group();
    }

    /** @param processes parents before their children, the root first */
    static ForkTree of(List<TreeProcess> processes) throws CrtoolsException {
        ForkTree tree = new ForkTree(processes);
        tree.placeChildren(tree.root);
        tree.addGroupHelpers();
        return tree;
    }

    Node root() {
        return root;
    }

    List<Node> all() {
        return root.all();
    }

    Node node(int pid) {
        return nodes.get(pid);
    }

    /** The group of the root when its leader is outside the tree, 0 otherwise: the caller's stands for it. */
    int outerGroup() {
        return outerGroup;
    }

    private List<Node> children(Node node) {
        return childrenOf.getOrDefault(node.pid(), List.of());
    }

    private void placeChildren(Node parent) throws CrtoolsException {
        for (Node child : children(parent)) {
            int wanted = birthSession(child, parent);
            if (wanted == ANY || wanted == parent.session()) {
                parent.forksLate(child);
            } else if (parent.leadsSession() && wanted == bornIn.getOrDefault(parent.pid(), ANY)) {
                parent.forksEarly(child);
            } else {
                adopt(parent, child, wanted);
            }
        }
        for (Node child : children(parent)) {
            placeChildren(child);
        }
    }

    /** The session that a process must be born in. */
    private int birthSession(Node node, Node parent) {
        int session = node.session();
        if (node.leadsSession()) {
            session = ANY;
            for (Node child : children(node)) {
                int wanted = birthSession(child, node);
                // Only what this process can itself be born into; anything else its children get from helpers.
                if (wanted != ANY && wanted != node.pid() && isReachable(wanted, parent)) {
                    session = wanted;
                    break;
                }
            }
        }
        bornIn.put(node.pid(), session);
        return session;
    }

    private boolean isReachable(int session, Node parent) {
        return session == parent.session()
                || parent.leadsSession() && session == bornIn.getOrDefault(parent.pid(), ANY);
    }

    private void adopt(Node parent, Node child, int session) throws CrtoolsException {
        Node leader = nodes.get(session);
        Node helper = sessionHelpers.get(session);
        if (helper == null && leader != null && leader.isBelow(parent)) {
            helper = Node.helper(0, session, leader.group());
            leader.forksLate(helper);
        } else if (helper == null && leader == null) {
            helper = Node.helper(session, session, session);
            parent.forksLate(helper);
        } else if (helper == null || !helper.isBelow(parent)) {
            throw new CrtoolsException(
                    ExitCode.UNSUPPORTED,
                    child.place() + ": session " + session + ", which its parent cannot have given it");
        }
        sessionHelpers.put(session, helper);
        helper.forksLate(child);
        parent.adopts();
    }

    /** Groups whose leader is gone: somebody must hold their number while the others join. */
    private void addGroupHelpers() {
        Map<Integer, Node> leaders = new HashMap<>();
        for (Node node : all()) {
            if (node.leadsGroup()) {
                leaders.put(node.group(), node);
            }
        }
        for (Node node : all()) {
            if (!leaders.containsKey(node.group()) && node.group() != outerGroup) {
                Node helper = Node.helper(node.group(), node.session(), node.group());
                node.forksLate(helper);
                leaders.put(node.group(), helper);
            }
        }
    }
}
