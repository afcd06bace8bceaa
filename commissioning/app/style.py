"""Fonts and style sheet of the window, made from the tokens."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from commissioning.app.tokens import RADIUS, ROW, Tokens

PREFERRED = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "Cantarell", "Ubuntu")


def ui_font() -> QFont:
    """The system's typeface at a size for dense panels, with tabular figures."""
    known = set(QFontDatabase.families())
    font = QFont(QApplication.font())
    family = next((name for name in PREFERRED if name in known), "")
    if family:
        font.setFamily(family)
    # DejaVu, the fallback of bare systems, runs a size larger than other faces.
    font.setPixelSize(13 if family else 12)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def sized(font: QFont, pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    changed = QFont(font)
    changed.setPixelSize(pixels)
    changed.setWeight(weight)
    return changed


def apply(app: QApplication, tokens: Tokens) -> None:
    app.setStyle("Fusion")
    app.setFont(ui_font())
    app.setPalette(palette(tokens))
    app.setStyleSheet(sheet(tokens))


def palette(t: Tokens) -> QPalette:
    made = QPalette()
    role = QPalette.ColorRole
    for what, colour in (
        (role.Window, t.window),
        (role.WindowText, t.text),
        (role.Base, t.panel),
        (role.AlternateBase, t.window),
        (role.Text, t.text),
        (role.Button, t.panel),
        (role.ButtonText, t.text),
        (role.Highlight, t.selected),
        (role.HighlightedText, t.text),
        (role.ToolTipBase, t.raised),
        (role.ToolTipText, t.text),
        (role.PlaceholderText, t.muted),
        (role.Link, t.accent),
        (role.Mid, t.border),
        (role.Light, t.raised),
        (role.Dark, t.border),
    ):
        made.setColor(what, QColor(colour))
    for what in (role.Text, role.ButtonText, role.WindowText):
        made.setColor(QPalette.ColorGroup.Disabled, what, QColor(t.idle))
    return made


def sheet(t: Tokens) -> str:
    return f"""
* {{ outline: none; }}
QMainWindow, QWidget#body {{ background: {t.window}; }}
QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border}; padding: 3px 6px; }}
QMenuBar {{ background: {t.window}; color: {t.text}; padding: 1px 4px; }}
QMenuBar::item {{ padding: 4px 10px; border-radius: {RADIUS - 1}px; background: transparent; }}
QMenuBar::item:selected {{ background: {t.raised}; }}
QMenu {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.border}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 10px; border-radius: {RADIUS - 2}px; }}
QMenu::icon {{ padding-left: 6px; }}
QMenu::item:selected {{ background: {t.selected}; }}
QMenu::item:disabled {{ color: {t.idle}; }}
QMenu::separator {{ height: 1px; background: {t.border}; margin: 4px 6px; }}

QFrame#card {{ background: {t.panel}; border: 1px solid {t.border}; border-radius: {RADIUS}px; }}
QFrame#strip {{ background: {t.raised}; border: none; border-bottom: 1px solid {t.border}; }}
QLabel#heading {{ font-weight: 600; color: {t.text}; }}
QLabel#muted {{ color: {t.muted}; }}
QLabel#hint {{ color: {t.muted}; }}

QPushButton {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.border};
  border-radius: {RADIUS}px; padding: 4px 10px; }}
QPushButton:hover {{ background: {t.raised}; }}
QPushButton:pressed {{ background: {t.border}; }}
QPushButton:disabled {{ color: {t.idle}; }}
QPushButton:focus {{ border-color: {t.accent}; }}
QPushButton#primary {{ background: {t.accent}; color: {t.on_accent};
  border-color: {t.accent}; font-weight: 600; ; }}
QPushButton#primary:hover {{ border-color: {t.text}; }}
QPushButton#primary:disabled {{ background: {t.raised}; color: {t.idle}; border-color: {t.border}; }}

QLineEdit {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border};
  border-radius: {RADIUS - 1}px; padding: 3px 8px; selection-background-color: {t.accent};
  selection-color: {t.on_accent}; }}
QLineEdit:focus {{ border-color: {t.accent}; background: {t.panel}; }}
QPlainTextEdit {{ background: {t.window}; color: {t.text}; border: 1px solid {t.border};
  border-radius: {RADIUS - 1}px; padding: 4px; selection-background-color: {t.accent};
  selection-color: {t.on_accent}; }}
QPlainTextEdit#code {{ background: {t.panel}; border: none; padding: 0; }}
QPushButton:checked {{ background: {t.selected}; border-color: {t.accent}; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {t.border}; }}
QTabBar::tab {{ background: transparent; color: {t.muted}; border: none; border-bottom: 2px solid transparent;
  padding: 3px 8px; ; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.accent}; }}
QSplitter::handle {{ background: {t.border}; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QCheckBox {{ color: {t.text}; spacing: 6px; }}
QCheckBox::indicator {{ width: 12px; height: 12px; border: 1px solid {t.idle}; border-radius: 3px;
  background: {t.panel}; }}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {t.accent}; }}
QCheckBox::indicator:checked {{ width: 6px; height: 6px; border: 4px solid {t.accent}; }}
QComboBox QAbstractItemView {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.border};
  selection-background-color: {t.selected}; selection-color: {t.text}; }}

QTreeView, QTableView, QListView {{ background: {t.panel}; alternate-background-color: {t.window};
  color: {t.text}; border: none; selection-background-color: {t.selected}; selection-color: {t.text}; }}
QTableView::item {{ padding: 0 6px; border: none; }}
QTableView::item:selected, QTreeView::item:selected {{ background: {t.selected}; }}
QTreeView::item {{ height: {ROW - 4}px; }}
QTreeView::item:hover, QListView::item:hover {{ background: {t.raised}; }}
QListView::item {{ padding: 3px 6px; }}
QListView::item:selected {{ background: {t.selected}; color: {t.text}; }}
QHeaderView {{ background: {t.panel}; border: none; }}
QHeaderView::section {{ background: {t.panel}; color: {t.muted}; border: none;
  border-bottom: 1px solid {t.border}; padding: 4px 6px; font-weight: 400; }}
QTableCornerButton::section {{ background: {t.panel}; border: none; }}

QScrollArea, QScrollArea > QWidget > QWidget {{ background: {t.panel}; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {t.border}; border-radius: 3px; min-height: 24px;
  min-width: 24px; margin: 2px; ; }}
QScrollBar::handle:hover {{ background: {t.idle}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}

QSlider::groove:horizontal {{ height: 4px; background: {t.border}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {t.accent}; width: 12px; height: 12px;
  margin: -4px 0; border-radius: 6px; ; }}
QSlider::handle:horizontal:hover {{ background: {t.text}; }}

ads--CDockContainerWidget {{ background: {t.window}; }}
ads--CDockSplitter::handle {{ background: {t.window}; }}
ads--CDockAreaWidget {{ background: {t.panel}; border: 1px solid {t.border}; border-radius: {RADIUS}px; }}
ads--CDockAreaTitleBar {{ background: transparent; border: none; padding: 2px 4px 0 4px; }}
ads--CDockAreaTitleBar > QToolButton, ads--CTitleBarButton {{ background: transparent; border: none;
  padding: 2px; ; }}
ads--CTitleBarButton:hover {{ background: {t.raised}; border-radius: 3px; }}
ads--CDockWidget {{ background: {t.panel}; border: none; }}
ads--CDockWidgetTab {{ background: transparent; border: none;
  border-bottom: 2px solid transparent; padding: 4px 6px; ; }}
ads--CDockWidgetTab QLabel {{ color: {t.muted}; background: transparent; }}
ads--CDockWidgetTab:hover QLabel {{ color: {t.text}; }}
ads--CDockWidgetTab[activeTab="true"] {{ border-bottom: 2px solid {t.accent}; }}
ads--CDockWidgetTab[activeTab="true"] QLabel {{ color: {t.text}; font-weight: 600; }}
ads--CDockAreaWidget[focused="true"] {{ border-color: {t.border}; }}
ads--CFloatingDockContainer {{ background: {t.window}; }}
"""
